import { type AppConfigInput } from "../schema";
import { demo } from "./demo";
import { local } from "./local";
import { production } from "./production";
import { scale } from "./scale";

/** The environments, each under its own name. A new one is a file in this folder and an entry here. */
export const ENVIRONMENTS: Readonly<Record<string, AppConfigInput>> = { demo, production, local, scale };

export const DEFAULT_ENVIRONMENT = "demo";
