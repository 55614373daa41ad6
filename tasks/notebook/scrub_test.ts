import assert from "node:assert/strict";
import { scrubber } from "./scrub.ts";

const scrub = scrubber({
  root: "/home/ada l/project",
  home: "/home/ada l",
  host: "ada-laptop",
});

Deno.test("no form of a path names the project's folder or the user's", () => {
  const cases: Record<string, string> = {
    "at /home/ada l/project/lib/a.ts:3": "at lib/a.ts:3",
    "file:///home/ada%20l/project/lib/a.ts": "lib/a.ts",
    "file:///home/ada l/project/lib/a.ts": "lib/a.ts",
    "?file=%2Fhome%2Fada%20l%2Fproject%2Flib": "?file=lib",
    "?file=%2fhome%2fada%20l%2fproject": "?file=.",
    "cwd: /home/ada l/project": "cwd: .",
    "home: /home/ada l.": "home: ~.",
    "/home/ada l.txt": "/home/ada l.txt",
    "home: /home/ada l": "home: ~",
    '"/home/ada l","/home/ada l/x"': '"~","~/x"',
    "/home/ada lovelace": "/home/ada lovelace",
    "x/home/ada l": "x/home/ada l",
  };
  for (const [text, clean] of Object.entries(cases)) {
    assert.equal(scrub(text), clean);
  }
});

Deno.test("the host is named by nobody, other words keep their letters", () => {
  assert.equal(scrub("on ada-laptop:8888"), "on localhost:8888");
  assert.equal(scrub("ada-laptop2 my-ada-laptop"), "ada-laptop2 my-ada-laptop");
  const plain = scrubber({ root: "/", home: "/", host: "box" });
  assert.equal(plain("/ a box"), "/ a box");
});
