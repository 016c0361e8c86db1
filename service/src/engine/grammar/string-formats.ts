/**
 * The formats that this service knows, as what is written for them: always a value of the format, not always every one.
 * https://json-schema.org/draft/2020-12/json-schema-validation#section-7.3
 */
import { choice, type Expression, optional, repeat, sequence, set, text } from "./expression.js";
import { CHARACTER, HEX } from "./json-text.js";

const DIGIT = set("[0-9]");
const TWO_DIGITS = repeat(DIGIT, 2, 2);
const YEAR = sequence(set("[12]"), repeat(DIGIT, 3, 3));
const upTo = (last: number): Expression => {
  const tens = Math.floor(last / 10);
  return choice(
    sequence(text("0"), set("[1-9]")),
    sequence(set(`[1-${tens - 1}]`), DIGIT),
    sequence(text(String(tens)), set(`[0-${last % 10}]`)),
  );
};
/** Every day but the 29th of February, which would need the year. */
const DATE = sequence(
  YEAR,
  text("-"),
  choice(
    sequence(choice(sequence(text("0"), set("[13578]")), sequence(text("1"), set("[02]"))), text("-"), upTo(31)),
    sequence(choice(sequence(text("0"), set("[469]")), text("11")), text("-"), upTo(30)),
    sequence(
      text("02-"),
      choice(sequence(text("0"), set("[1-9]")), sequence(text("1"), DIGIT), sequence(text("2"), set("[0-8]"))),
    ),
  ),
);
const HOUR = choice(sequence(set("[01]"), DIGIT), sequence(text("2"), set("[0-3]")));
const SIXTY = sequence(set("[0-5]"), DIGIT);
const OFFSET = choice(text("Z"), sequence(set("[+-]"), HOUR, text(":"), SIXTY));
const TIME = sequence(
  HOUR,
  text(":"),
  SIXTY,
  text(":"),
  SIXTY,
  optional(sequence(text("."), repeat(DIGIT, 1, 6))),
  OFFSET,
);
const DURATION = choice(
  sequence(text("P"), repeat(DIGIT, 1, 3), set("[DWMY]")),
  sequence(text("PT"), repeat(DIGIT, 1, 3), set("[HMS]")),
  sequence(text("P"), repeat(DIGIT, 1, 3), text("DT"), repeat(DIGIT, 1, 2), set("[HMS]")),
);
/** No two hyphens beside each other: at the third place they would mean an international name. */
const LABEL = sequence(
  repeat(set("[a-z0-9]"), 1, 16),
  repeat(sequence(text("-"), repeat(set("[a-z0-9]"), 1, 16)), 0, 2),
);
const HOST = sequence(LABEL, repeat(sequence(text("."), LABEL), 0, 2), text("."), repeat(set("[a-z]"), 2, 12));
const EMAIL = sequence(
  repeat(set("[A-Za-z0-9]"), 1, 32),
  repeat(sequence(set("[._+-]"), repeat(set("[A-Za-z0-9]"), 1, 32)), 0, 2),
  text("@"),
  HOST,
);
const BYTE = choice(
  DIGIT,
  sequence(set("[1-9]"), DIGIT),
  sequence(text("1"), TWO_DIGITS),
  sequence(text("2"), set("[0-4]"), DIGIT),
  sequence(text("25"), set("[0-5]")),
);
const URI = sequence(
  text("http"),
  optional(text("s")),
  text("://"),
  HOST,
  repeat(sequence(text("/"), repeat(set("[A-Za-z0-9._~-]"), 0, 64)), 0, 8),
);
const uuid = (version: Expression, variant: Expression): Expression =>
  sequence(
    repeat(HEX, 8, 8),
    text("-"),
    repeat(HEX, 4, 4),
    text("-"),
    version,
    repeat(HEX, 3, 3),
    text("-"),
    variant,
    repeat(HEX, 3, 3),
    text("-"),
    repeat(HEX, 12, 12),
  );
/** They name what a text is for and exclude none (pydantic's `SecretStr`, `Path` and `bytes`). */
const ANY_TEXT = repeat(CHARACTER, 0);

/** A width of two: where a part may end, its end and its continuation are read beside each other. */
const deterministic = (expression: Expression): Expression => ({ ...expression, width: 4 });

export const FORMATS: ReadonlyMap<string, Expression> = new Map(
  Object.entries({
    date: DATE,
    time: TIME,
    "date-time": sequence(DATE, text("T"), TIME),
    duration: DURATION,
    email: EMAIL,
    uuid: uuid(HEX, set("[89ab]")),
    ...Object.fromEntries(
      [1, 3, 4, 5].map((version) => [`uuid${version}`, uuid(text(String(version)), set("[89ab]"))]),
    ),
    hostname: HOST,
    ipv4: sequence(BYTE, text("."), BYTE, text("."), BYTE, text("."), BYTE),
    uri: URI,
    password: ANY_TEXT,
    path: ANY_TEXT,
    binary: ANY_TEXT,
  }).map(([name, expression]) => [name, deterministic(expression)]),
);
