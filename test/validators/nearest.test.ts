import { describe, expect, it } from "vitest";
import { distance, nearest } from "../../src/validators/nearest.ts";

describe("the nearest names", () => {
  it.each([
    ["cty", ["country", "city"], "city"],
    ["Celcius", ["fahrenheit", "celsius"], "celsius"],
    ["userId", ["order_id", "user_id"], "user_id"],
    ["city_name", ["zip", "city"], "city"],
    ["get_wether", ["get_weather", "set_weather"], "get_weather"],
    ["recieve", ["receive"], "receive"],
  ])("of %s among %j start with %s", (word, candidates, expected) => {
    expect(nearest(word, candidates, 1)).toEqual([expected]);
  });

  it("are none where nothing could be a slip", () => {
    expect(nearest("delete_everything", ["get_weather", "city"], 3)).toEqual([]);
  });

  it("keep their order where they are equally near", () => {
    expect(nearest("item", ["items", "item1", "xitem"], 3)).toEqual(["items", "item1", "xitem"]);
  });

  it("are found in bounded time among long names of strangers", () => {
    const long = "a".repeat(1_000);
    expect(
      nearest(
        long,
        Array.from({ length: 5_000 }, (_, place) => long + place),
        1,
      ),
    ).toHaveLength(1);
  });

  it("count a swap of neighbours as one step, and give up beyond the limit", () => {
    expect(distance("abcd", "abdc", 3)).toBe(1);
    expect(distance("kitten", "sitting", 3)).toBe(3);
    expect(distance("kitten", "sitting", 2)).toBe(3);
    expect(distance("", "abc", 5)).toBe(3);
  });
});
