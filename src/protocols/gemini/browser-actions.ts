import { arrayOf, objectOf } from "../../wire/json-value.ts";
import { fieldOf } from "./fields.ts";

/**
 * What the tool `computerUse` lets the model call without a declaration; the client executes it
 * (https://ai.google.dev/gemini-api/docs/computer-use, "Supported UI actions"). The first list is that
 * of Gemini 2.5 and 3, the second that of Gemini 3.5 and later. Which one a model has does not matter
 * here: it calls no other.
 */
const predefined: readonly string[] = (
  "open_web_browser wait_5_seconds go_back go_forward search navigate click_at hover_at type_text_at " +
  "key_combination scroll_document scroll_at drag_and_drop " +
  "click double_click triple_click middle_click right_click move mouse_down mouse_up type press_key " +
  "key_down key_up hotkey scroll wait long_press take_screenshot open_app list_apps"
).split(" ");

/** The names of the functions that a `computerUse` offers. */
export function browserActions(computerUse: unknown): readonly string[] {
  const excluded = fieldOf(objectOf(computerUse) ?? {}, "excludedPredefinedFunctions");
  return predefined.filter((name) => !arrayOf(excluded).includes(name));
}
