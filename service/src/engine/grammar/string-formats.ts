/**
 * The formats that this service knows, as patterns of what is written for them: always a value of the format, not always
 * every one. https://json-schema.org/draft/2020-12/json-schema-validation#section-7.3
 */

/** Every day but the 29th of February, which would need the year. */
const DATE =
  "[12]\\d{3}-(?:(?:0[13578]|1[02])-(?:0[1-9]|[12]\\d|3[01])|(?:0[469]|11)-(?:0[1-9]|[12]\\d|30)|02-(?:0[1-9]|1\\d|2[0-8]))";
const HOUR = "(?:[01]\\d|2[0-3])";
const TIME = `${HOUR}:[0-5]\\d:[0-5]\\d(?:\\.\\d{1,6})?(?:Z|[+-]${HOUR}:[0-5]\\d)`;

/** No two hyphens beside each other: at the third place they would mean an international name. */
const LABEL = "[a-z0-9]{1,16}(?:-[a-z0-9]{1,16}){0,2}";
const HOST = `${LABEL}(?:\\.${LABEL}){0,2}\\.[a-z]{2,12}`;
const BYTE = "(?:0|1\\d{0,2}|2(?:[0-4]\\d?|5[0-5]?|[6-9])?|[3-9]\\d?)";

const uuid = (version: number | string): string =>
  `[0-9a-f]{8}-[0-9a-f]{4}-${version}[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}`;

export const FORMATS: ReadonlyMap<string, string> = new Map([
  ["date", DATE],
  ["time", TIME],
  ["date-time", `${DATE}T${TIME}`],
  ["duration", "P(?:\\d{1,3}[DWMY]|T\\d{1,3}[HMS]|\\d{1,3}DT\\d{1,2}[HMS])"],
  ["email", `[A-Za-z0-9]{1,32}(?:[._+-][A-Za-z0-9]{1,32}){0,2}@${HOST}`],
  ["uuid", uuid("[0-9a-f]")],
  ...[1, 3, 4, 5].map((version) => [`uuid${version}`, uuid(version)] as const),
  ["hostname", HOST],
  ["ipv4", Array(4).fill(BYTE).join("\\.")],
  ["uri", `https?://${HOST}(?:/[A-Za-z0-9._~-]{0,64}){0,8}`],
]);

/** They name what a text is for and exclude none (pydantic's `SecretStr`, `Path` and `bytes`). */
export const ANY_TEXT: ReadonlySet<unknown> = new Set(["password", "path", "binary"]);
