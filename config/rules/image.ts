import { stackNames } from "../names";
import { type Rule } from "./rule";

const namesAVersion: Rule = ({ config: { target, environment, chat } }) => {
  if (chat.image.tag !== undefined || chat.image.digest !== undefined) return undefined;
  return {
    path: "chat.image",
    actual: chat.image,
    rule: "needs a digest or a tag, so that it is known which build runs",
    fix:
      target === "eks" && chat.image.repository === undefined
        ? `Run \`npm run image\` (its registry comes with \`npm run deploy -- ${stackNames(environment).cluster}\`), or set CAREPATH_IMAGE_DIGEST or CAREPATH_IMAGE_TAG`
        : "Set CAREPATH_IMAGE_DIGEST or CAREPATH_IMAGE_TAG",
    missing: "CAREPATH_IMAGE_TAG",
  };
};

/** Only the cluster stack makes an image repository. */
const namesARepository: Rule = ({ config: { target, chat } }) => {
  if (target === "eks" || chat.image.repository !== undefined) return undefined;
  return {
    path: "chat.image.repository",
    actual: undefined,
    rule: "is missing: on an existing cluster this project creates no image repository",
    fix: 'Write image: { repository: "carepath-chat", ... } with the name of your image',
  };
};

export const imageRules: readonly Rule[] = [namesAVersion, namesARepository];
