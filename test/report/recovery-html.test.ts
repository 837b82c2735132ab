import assert from "node:assert/strict";
import { recoveryHtml } from "../../src/report/recovery-html.ts";
import { rowsOf, verdictText } from "../../src/report/wording.ts";
import { aJudgement, anExperiment, aVariant, hostileName, someResults } from "./fixture.ts";
import { realisticResults } from "./realistic-results.ts";

describe("the recovery report", () => {
  it("has a row, a card and a picture for every judgement", () => {
    const results = realisticResults();
    const page = recoveryHtml(results);
    const rows = rowsOf(results.experiments);
    assert.equal(page.match(/<article /g)?.length, rows.length);
    assert.equal(page.match(/<svg /g)?.length, rows.length + results.experiments.length - 1);
    rows.forEach(({ judgement }, index) => {
      const card = page.slice(page.indexOf(`id="v${index + 1}"`)).split("</article>")[0] ?? "";
      assert.ok(card.includes(verdictText[judgement.verdict]), `card ${index + 1} says ${judgement.verdict}`);
      assert.ok(page.includes(`href="#v${index + 1}"`));
    });
  });

  it("has a row for every practice that was tested, and one for all the others", () => {
    const results = realisticResults();
    const practice = (id: string, verdict: "holds" | "not-tested") => {
      return { id, promise: `the promise of ${id}`, verdict, conditions: [], evidence: [] };
    };
    const practices = [practice("first", "not-tested"), practice("second", "holds"), practice("third", "not-tested")];
    const table = recoveryHtml({ ...results, practices })
      .split('<section id="practices">')[1]!
      .split("</section>")[0]!;
    const rows = table.split("<tbody>")[1]!.match(/<tr>[^]*?<\/tr>/g)!;
    assert.equal(rows.length, 2);
    assert.ok(rows[0].includes("the promise of second"));
    assert.match(rows[1]!, /2 others[^]*first, third[^]*not tested/);
  });

  it("is folded where it is long and green, and only there", () => {
    const folded = (count: number, verdict: "recovered" | "late"): number => {
      const variants = Array.from({ length: count }, (_, index) =>
        aVariant({ name: `vm-${index}`, judgements: [aJudgement({ verdict })] }),
      );
      const page = recoveryHtml(someResults([anExperiment({ variants })]));
      return page.match(/<article [^>]*>\s*<details\s*>/g)?.length ?? 0;
    };
    assert.equal(folded(101, "recovered"), 101);
    assert.equal(folded(101, "late"), 0);
    assert.equal(folded(100, "recovered"), 0);
  });

  it("shows hostile names as text, whatever they hold", () => {
    const page = recoveryHtml(realisticResults());
    assert.ok(!page.includes("<script>alert"));
    assert.ok(!page.includes("\u001b"));
    assert.ok(page.includes("&lt;script&gt;alert(1)&lt;/script&gt;"));
    assert.equal(page.match(/<script>/g)?.length, 1);
  });

  it("escapes every text that results can hold", () => {
    const evil = hostileName;
    const judgement = aJudgement({
      phase: evil,
      verdict: "unexpected",
      reasons: [evil],
      detail: evil,
      finalPhase: evil,
      outcome: "stopped",
      slowest: { name: "boot", because: evil },
      evidence: [{ atMs: 1, text: evil }],
      expected: { outcome: "restarted", withinMs: 1, maxDowntimeMs: null, source: evil },
    });
    const identity = { vmiUid: evil, node: evil, bootId: evil };
    const variant = aVariant({
      name: evil,
      runStrategy: evil,
      evictionStrategy: evil,
      manifestSha256: evil,
      notes: [evil],
      bite: { atMs: 1, evidence: evil },
      judgements: [judgement, { ...judgement, phase: "observe" }],
      before: identity,
      after: identity,
      members: [{ name: evil, outcome: "stuck", ...identity }],
    });
    const experiment = anExperiment({
      id: evil,
      scenario: evil,
      title: evil,
      practices: [evil],
      journal: evil,
      fault: { ...anExperiment().fault, name: evil, parameters: { [evil]: evil, deep: [evil] }, target: [evil] },
      phases: [{ name: evil, fromMs: 50_000, toMs: 60_000 }],
      variants: [variant],
    });
    const results = someResults([experiment, anExperiment({ status: "skipped", reason: evil, variants: [] })], {
      options: [evil],
      practices: [{ id: evil, promise: evil, verdict: "holds", conditions: [evil], evidence: [evil] }],
    });
    results.cluster = { ...results.cluster, kubernetes: evil, kubevirt: evil, operators: [evil] };
    const page = recoveryHtml(results);
    assert.ok(!/<script>alert|<\/script>\|/.test(page));
    assert.ok(!/"><script/.test(page));
  });

  it("a journal is linked by its path alone, never to a place elsewhere", () => {
    const page = recoveryHtml(someResults([anExperiment({ journal: "javascript:alert(1)" })]));
    assert.ok(!/href="javascript:/.test(page));
  });

  it("says of a prediction that it is one, and only of a prediction", () => {
    const results = someResults([anExperiment()]);
    assert.match(recoveryHtml(results), /A prediction\./);
    const real = { ...results, cluster: { ...results.cluster, prediction: false } };
    assert.doesNotMatch(recoveryHtml(real), /A prediction\./);
  });

  it("names nothing that a browser would fetch", () => {
    const page = recoveryHtml(realisticResults());
    assert.doesNotMatch(page.replaceAll("http://www.w3.org/2000/svg", ""), /https?:\/\//);
    assert.doesNotMatch(page, /\b(?:src|srcset|poster)=|@import|url\(/);
  });

  it("of a hundred variants stays below a megabyte", () => {
    const variants = Array.from({ length: 100 }, (_, index) =>
      aVariant({ name: `always-with-a-rather-long-name-${index}` }),
    );
    const page = recoveryHtml(someResults([anExperiment({ variants })]));
    assert.ok(page.length < 1_000_000, `${page.length} bytes`);
  });
});
