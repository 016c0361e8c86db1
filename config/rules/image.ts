import { type Rule } from "./rule";

const namesAVersion: Rule = ({ config: { chat } }) => {
  if (chat.image.tag !== undefined || chat.image.digest !== undefined) return undefined;
  return {
    path: "chat.image",
    actual: chat.image,
    rule: "needs a digest or a tag, so that it is known which build runs",
    fix: "Run `npm run image`, or set CAREPATH_IMAGE_DIGEST or CAREPATH_IMAGE_TAG",
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
