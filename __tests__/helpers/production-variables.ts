/** What the scale environment leaves to variables: as production, but for the image, which is vLLM's. */
export const SCALE_VARIABLES = {
  CAREPATH_STATE_BUCKET: "carepath-test-state",
  CAREPATH_HOST: "chat.example.com",
  CAREPATH_HOSTED_ZONE_ID: "Z0123456789ABCDEFGHIJ",
  CAREPATH_SOURCE_CIDRS: "203.0.113.0/24",
} as const;

/** What the production environment leaves to variables, because no file can know it. */
export const PRODUCTION_VARIABLES = {
  ...SCALE_VARIABLES,
  CAREPATH_IMAGE_DIGEST: `sha256:${"1234567890abcdef".repeat(4)}`,
} as const;
