import { findDefect, flagsInText } from "../../../service/src/triage/check-answer.js";

describe("flagsInText", () => {
  const text = "Chest pain, my left arm is numb, no fever. I was coughing. \u6211\u5934\u75db";
  it.each(["Chest pain", "numb left arm", "cough", "\u5934\u75db"])("keeps %s", (flag) => {
    expect(flagsInText([flag], text)).toEqual([flag]);
  });
  it.each(["fever", "shortness of breath", "right arm", "in the", "\u767c\u71d2"])("drops %s", (flag) => {
    expect(flagsInText([flag], text)).toEqual([]);
  });

  it.each(["self_care", "urgent", "Emergency"])("drops %s, which a text may hold and which is no sign", (flag) => {
    expect(flagsInText([flag], "Urgency self_care, no emergency")).toEqual([]);
  });
});

describe("findDefect", () => {
  it.each([
    ["Hay fever.", ["Avoid pollen.", "Take an antihistamine."], undefined],
    ["\u5934\u75db", ["\u4f11\u606f"], undefined],
    ["Hay fever.", ["Rest.", " rest"], "gives the same advice twice"],
    ["Hay fever.", ["Drink drink drink."], "repeats itself"],
    ["Hay fever.", ["Call for help now, call for help now, call for help now"], "repeats itself"],
    ["Hay fever.", ["advice 1"], "has placeholders instead of words"],
    ["[summary]", ["Drink."], "has placeholders instead of words"],
    ["Hay fever.", ["..."], "has a piece without words"],
    ["x", ["Drink."], "has a piece without words"],
  ])("%j with %j: %s", (summary, advice, defect) => expect(findDefect(summary, advice)).toBe(defect));
});
