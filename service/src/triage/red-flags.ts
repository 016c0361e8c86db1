/**
 * Warning signs that set a floor under the urgency, whatever the model says: it may raise the urgency and never lower it.
 *
 * The list is short on purpose. It follows public guidance of the NHS and NICE (`source`) and errs to the safe side: where
 * the guidance draws finer lines than words can be matched, the more urgent line counts. It reads English; in any other
 * language, and in words that are not foreseen here, the model is alone. It is no medical device and no substitute for one.
 */
import { type Urgency } from "./urgency.js";

export interface RedFlag {
  /** What the answer calls it. */
  readonly name: string;
  readonly floor: Extract<Urgency, "emergency" | "urgent">;
  /** Found where one of these stands; the text is in lower case, with plain apostrophes and single blanks. */
  readonly signs: readonly RegExp[];
  /** One of these has to stand anywhere in the text too. */
  readonly together?: RegExp;
  /** A "no" before it does not count: a wrong alarm is the smaller harm. @default false */
  readonly evenWhenDenied?: boolean;
  readonly source: string;
}

const NHS = "https://www.nhs.uk";
const COUNT =
  "\\d{2,}|too many|a lot of|lots of|all (?:of )?(?:my|the|his|her)|(?:a|the) (?:whole )?(?:pack|box|bottle|handful)(?: of)?|(?:twenty|thirty|forty|fifty|sixty|seventy|eighty|ninety|a hundred)";
const DRUGS =
  "tablets?|pills?|capsules?|paracetamol|acetaminophen|tylenol|ibuprofen|aspirin|painkillers?|antidepressants?|opioids?|medication|medicines?|meds";
/** "40 tablets" is a count, "400 mg" and "12 days" are none. */
const NO_UNIT = "(?! ?(?:mg|mcg|ml|g|%|milligrams?|minutes?|hours?|days?|weeks?|months?|years?)\\b)";
const SIDE = "(?:(?:one|left|right) (?:side|arm|leg|hand)|(?:an|my|his|her) (?:arm|leg))";
const CANNOT = "(?:can'?t|cannot|can not|couldn'?t|could not|unable to)";

export const RED_FLAGS: readonly RedFlag[] = [
  {
    name: "chest pain",
    floor: "emergency",
    signs: [
      /\b(?:chest|breastbone)\b[^.]{0,30}\b(?:pains?|painful|hurts?|hurting|aches?|aching|tight|tightness|pressure|heavy|heaviness|squeez\w*|crushing|crushed)\b/,
      /\b(?:pains?|aches?|pressure|tightness|heaviness|elephant|weight)\b[^.]{0,20}\b(?:in|on|across) (?:my|the|his|her|their)? ?chest\b/,
      /\btight(?:ness)?[- ]chest(?:ed)?\b/,
      /\bheart attack\b/,
    ],
    source: `${NHS}/conditions/chest-pain/`,
  },
  {
    name: "signs of a stroke",
    floor: "emergency",
    signs: [
      /\b(?:face|mouth|smile|eyelid)\b[^.]{0,20}\b(?:droop\w*|dropped|fallen|lopsided|numb|one side)\b/,
      /\bdroop\w* (?:face|mouth|eyelid)\b|\bfacial droop\w*/,
      /\b(?:slurr\w*|garbled) (?:speech|words)\b|\b(?:speech|words)\b[^.]{0,15}\b(?:slurr\w*|garbled)\b/,
      new RegExp(`\\b${CANNOT} (?:speak|talk|get (?:my|his|her) words out|lift (?:my|his|her|an|one) arms?)\\b`),
      new RegExp(`\\b(?:weak\\w*|numb\\w*|paraly\\w*)\\b[^.]{0,30}\\b${SIDE}`),
      new RegExp(`\\b${SIDE}\\b[^.]{0,25}\\b(?:weak\\w*|numb\\w*|paraly\\w*)`),
      /\bsudden\w* (?:confus\w*|loss of (?:vision|sight)|blind\w*)/,
      /\b(?:having|had|signs of) a stroke\b/,
    ],
    source: `${NHS}/conditions/stroke/symptoms/`,
  },
  {
    name: "overdose or poisoning",
    floor: "emergency",
    signs: [
      /\boverdos\w*/,
      new RegExp(
        `\\b(?:took|taken|taking|take|swallow\\w*|ate|eaten)\\b[^.]{0,30}\\b(?:${COUNT})${NO_UNIT}(?: [\\w-]+){0,3} (?:${DRUGS})\\b`,
      ),
      new RegExp(
        `\\bhad (?:about |around |over |some )?(?:\\d{2,}|too many)${NO_UNIT} (?:x )?(?:of )?(?:[\\w-]+ )?(?:${DRUGS})\\b`,
      ),
      /\b(?:swallow\w*|drank|drunk|ate|eaten)\b[^.]{0,20}\b(?:bleach|battery|batteries|antifreeze|poison|detergent|drain cleaner|white spirit)\b/,
    ],
    source: `${NHS}/conditions/poisoning/`,
  },
  {
    name: "thoughts of suicide or self-harm",
    floor: "emergency",
    evenWhenDenied: true,
    signs: [
      /\bsuicid\w*/,
      /\b(?:kill|hang|shoot|hurt|harm|cut)(?:ing)? (?:myself|himself|herself|themselves|themself|(?:my|his|her|their) wrists?)\b|\bself[- ]harm\w*/,
      /\b(?:end|ending|take|taking) (?:my|his|her|their) (?:own )?life\b|\bend it all\b/,
      /\b(?:wants?|wanted|wish|going|plan\w*|ready) (?:to die|to be dead|i was dead|i were dead)\b/,
      /\b(?:don'?t|do not|doesn'?t|does not) want to (?:live|be alive|wake up|be here any ?more)\b|\bno reason to live\b/,
      /\bbetter off (?:dead|without me)\b/,
    ],
    source: `${NHS}/mental-health/feelings-symptoms-behaviours/behaviours/help-for-suicidal-thoughts/`,
  },
  {
    name: "severe bleeding",
    floor: "emergency",
    signs: [
      /\b(?:heavy|severe|uncontroll\w*|profuse|spurting) bleeding\b/,
      /\bbleed(?:s|ing)? (?:so |very |really )?(?:heavily|badly|profusely|a lot|out)\b/,
      /\b(?:bleed\w*|blood)\b[^.]{0,30}\b(?:won'?t|will not|does ?n'?t|does not|not|never|can'?t|cannot) (?:be )?stop\w*/,
      /\bblood (?:is )?(?:pouring|spurting|gushing|everywhere|soaking)\b/,
      /\b(?:vomit\w*|throw\w* up|threw up|bring\w* up) (?:\w+ ){0,3}blood\b/,
    ],
    source: `${NHS}/nhs-services/urgent-and-emergency-care-services/when-to-call-999/`,
  },
  {
    name: "severe difficulty breathing",
    floor: "emergency",
    signs: [
      new RegExp(`\\b${CANNOT} (?:\\w+ )?(?:breathe?|catch (?:my|his|her|their) breath|get (?:any |enough )?air)\\b`),
      /\b(?:struggl\w*|fight\w*|hardly able|barely able) (?:to|for) breath\w*|\b(?:hardly|barely) breath\w*/,
      /\b(?:not|stopped) breathing\b|\bgasping\b|\bchoking\b|\bsuffocat\w*/,
      /\b(?:lips|face|skin|tongue)\b[^.]{0,15}\b(?:blue|grey|gray)\b|\b(?:turn\w*|gone) blue\b|\bblue lips\b/,
    ],
    source: `${NHS}/conditions/shortness-of-breath/`,
  },
  {
    name: "shortness of breath",
    floor: "urgent",
    signs: [
      /\bshort(?:ness)? of breath\b|\bbreathless\w*|\bout of breath\b/,
      /\b(?:difficult\w*|trouble|problems?|hard) (?:in |with |to )?breath\w*/,
      /\bbreathing\b[^.]{0,15}\b(?:difficult|hard|laboured|labored)\b/,
    ],
    source: `${NHS}/conditions/shortness-of-breath/`,
  },
  {
    name: "signs of anaphylaxis",
    floor: "emergency",
    signs: [
      /\banaphyla\w*|\b(?:severe|bad) allergic reaction\b/,
      /\b(?:throat|tongue|lips?|mouth|face)\b[^.]{0,20}\b(?:swell\w*|swollen|clos(?:es|ing)|closed up)\b/,
      /\b(?:swell\w*|swollen)\b[^.]{0,12}\b(?:throat|tongue|lips?|mouth|face)\b/,
    ],
    source: `${NHS}/conditions/anaphylaxis/`,
  },
  {
    name: "loss of consciousness",
    floor: "emergency",
    signs: [
      /\bunconscious\b|\bunresponsive\b|\bnot responding\b|\bcollaps\w*|\bpassed out\b/,
      /\b(?:won'?t|will not|doesn'?t|does not|can'?t|cannot) (?:be )?w[ao]ken?\w*(?: up)?\b/,
    ],
    source: `${NHS}/nhs-services/urgent-and-emergency-care-services/when-to-call-999/`,
  },
  {
    name: "seizure",
    floor: "emergency",
    signs: [/\bseizures?\b|\bconvuls\w*|\b(?:having|had) (?:a )?fits?\b/],
    source: `${NHS}/conditions/what-to-do-if-someone-has-a-seizure-fit/`,
  },
  {
    name: "signs of meningitis or sepsis",
    floor: "emergency",
    signs: [
      /\brash\b[^.]{0,40}\b(?:doesn'?t|does not|won'?t|not|never) (?:fade|disappear|go away)\b/,
      /\b(?:blotchy|mottled) (?:skin|legs|arms)\b|\bskin\b[^.]{0,15}\b(?:blotchy|mottled)\b/,
      /\bmeningitis\b|\bsepsis\b/,
    ],
    source: `${NHS}/conditions/sepsis/`,
  },
  {
    name: "stiff neck with fever or headache",
    floor: "emergency",
    signs: [/\bstiff neck\b|\bneck\b[^.]{0,15}\bstiff\b/],
    together: /\b(?:fever\w*|temperature|headache|hot)\b/,
    source: `${NHS}/conditions/meningitis/`,
  },
  {
    name: "sudden severe headache",
    floor: "emergency",
    signs: [
      /\b(?:worst|thunderclap|sudden\w*|explosive)\b[^.]{0,25}\bheadache\b|\bheadache\b[^.]{0,20}\b(?:of my life|suddenly)\b/,
    ],
    source: `${NHS}/conditions/headaches/`,
  },
  {
    name: "head injury with vomiting, drowsiness or confusion",
    floor: "emergency",
    signs: [/\b(?:hit|hits|banged|bumped|knocked|injur\w*|fell|fallen)\b[^.]{0,25}\bhead\b|\bhead injury\b/],
    together: /\b(?:vomit\w*|throwing up|sick|drows\w*|sleepy|confus\w*|knocked out)\b/,
    source: `${NHS}/conditions/head-injury-and-concussion/`,
  },
  {
    name: "sudden severe abdominal pain",
    floor: "emergency",
    signs: [/\b(?:sudden|severe|unbearable|agoni[sz]ing|excruciating)\b[^.]{0,20}\b(?:stomach|abdom\w*|tummy|belly)\b/],
    source: `${NHS}/conditions/stomach-ache/`,
  },
  {
    name: "fever in a baby",
    floor: "urgent",
    signs: [
      /\b(?:newborn|infant|baby|babies|neonate)\b/,
      /\b(?:\d{1,2}|one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve)[- ](?:days?|weeks?)[- ]old\b/,
      /\b(?:1|2|3|one|two|three)[- ]months?[- ]old\b/,
    ],
    together:
      /\b(?:fever\w*|temperature|hot|3[89](?:\.\d)? ?(?:c|degrees|°)?|40(?:\.\d)? ?(?:c|degrees|°)?|10[0-5](?:\.\d)? ?f)\b/,
    source: "https://www.nice.org.uk/guidance/ng143",
  },
  {
    name: "bleeding, severe pain or a quiet baby in pregnancy",
    floor: "urgent",
    signs: [/\bpregnan\w*/],
    together: /\b(?:bleed\w*|severe pain|(?:baby|it)\b[^.]{0,20}\b(?:not|stopped|less|isn'?t) mov\w*)/,
    source: `${NHS}/pregnancy/related-conditions/common-symptoms/vaginal-bleeding/`,
  },
  {
    name: "coughing up blood",
    floor: "urgent",
    signs: [/\bcough\w* (?:\w+ ){0,3}blood\b|\bblood\b[^.]{0,15}\bcough\w*/],
    source: `${NHS}/conditions/coughing-up-blood/`,
  },
];
