import { findFloor } from "../../../service/src/triage/find-red-flags.js";
import { RED_FLAGS } from "../../../service/src/triage/red-flags.js";

describe("findFloor", () => {
  it.each([
    ["Chest pain for an hour, and my left arm is numb", "chest pain"],
    ["My chest hurts", "chest pain"],
    ["I have a crushing pressure on my chest", "chest pain"],
    ["His face is drooping and he makes no sense", "signs of a stroke"],
    ["her speech is slurred", "signs of a stroke"],
    ["My right arm is weak", "signs of a stroke"],
    ["I took 40 tablets of paracetamol", "overdose or poisoning"],
    ["I've had 40 paracetamol", "overdose or poisoning"],
    ["She swallowed a whole bottle of pills", "overdose or poisoning"],
    ["my son drank bleach", "overdose or poisoning"],
    ["I want to kill myself", "thoughts of suicide or self-harm"],
    ["I don\u2019t want to live any more", "thoughts of suicide or self-harm"],
    ["I cut my wrists", "thoughts of suicide or self-harm"],
    ["The bleeding won't stop", "severe bleeding"],
    ["he is vomiting a lot of blood", "severe bleeding"],
    ["I cannot catch my breath", "severe difficulty breathing"],
    ["my lips are turning blue", "severe difficulty breathing"],
    ["my tongue is swelling after a bee sting", "signs of anaphylaxis"],
    ["a severe allergic reaction to nuts", "signs of anaphylaxis"],
    ["my wife is not responding", "loss of consciousness"],
    ["she won't wake up", "loss of consciousness"],
    ["he just had a seizure", "seizure"],
    ["a rash that does not fade under a glass", "signs of meningitis or sepsis"],
    ["stiff neck and a fever", "stiff neck with fever or headache"],
    ["the worst headache of my life", "sudden severe headache"],
    ["fell on his head and is vomiting", "head injury with vomiting, drowsiness or confusion"],
    ["sudden severe stomach pain", "sudden severe abdominal pain"],
  ])("%s: an emergency", (text, flag) => {
    const floor = findFloor(text);
    expect(floor.urgency).toBe("emergency");
    expect(floor.redFlags).toContain(flag);
  });

  it.each([
    ["short of breath on the stairs", "shortness of breath"],
    ["short of\nbreath on the stairs", "shortness of breath"],
    ["my breathing is very difficult", "shortness of breath"],
    ["my 6 week old has a temperature of 38.5", "fever in a baby"],
    ["I am pregnant and bleeding a little", "bleeding, severe pain or a quiet baby in pregnancy"],
    ["I coughed up some blood", "coughing up blood"],
  ])("%s: urgent", (text, flag) => {
    expect(findFloor(text)).toEqual({ urgency: "urgent", redFlags: [flag] });
  });

  it.each([
    "I have hay fever and my eyes itch",
    "My gums bleed a little when brushing",
    "took 500 mg paracetamol tablets yesterday",
    "I took 2 tablets of ibuprofen 400 mg",
    "I need a repeat prescription for my blood pressure tablets",
    "I had 400 mg ibuprofen tablets",
    "I have had a cold for 12 days and all my tablets are finished",
    "mild headache since lunch",
    "stiff neck from sleeping badly",
    "How often should I brush my teeth?",
    // Other languages are out of scope: the model is alone there.
    "Brustschmerzen seit einer Stunde",
  ])("%s: no floor", (text) => {
    expect(findFloor(text)).toEqual({ urgency: null, redFlags: [] });
  });

  it.each([
    "No chest pain, just a cough",
    "denies any chest pain",
    "no fever or chest pain",
    "never had chest pain",
    "It is not a seizure",
  ])("a direct denial counts: %s", (text) => expect(findFloor(text).urgency).toBeNull());

  it.each([
    "I don't know why my chest hurts",
    "not sure if it is chest pain",
    "No cough. Chest pain.",
    "no fever, but chest pain",
    "chest pain that does not go away",
    "no chest pain yesterday, chest pain today",
    "I have never had chest pain like this",
    "I did not have chest pain until today",
    "Allergies: no\nchest pain since this morning",
    "I can't\nbreathe",
    "he is not breathing",
    "I am not suicidal",
  ])("nothing else does: %s", (text) => expect(findFloor(text).urgency).toBe("emergency"));

  it.each([
    "CHEST PAIN!!!",
    "**chest** *pain*",
    "ch\u200best pain",
    "chest\n\npain",
    "chest_pain: true",
    "\uff43\uff48\uff45\uff53\uff54 pain",
  ])("no spelling hides it: %j", (text) => expect(findFloor(text).redFlags).toEqual(["chest pain"]));

  it("every red flag names public guidance", () => {
    for (const { source } of RED_FLAGS) expect(source).toMatch(/^https:\/\/www\.(nhs\.uk|nice\.org\.uk)\/./);
    expect(new Set(RED_FLAGS.map(({ name }) => name)).size).toBe(RED_FLAGS.length);
  });
});
