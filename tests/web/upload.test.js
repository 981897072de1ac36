// Which files are sent to the server.
import assert from "node:assert/strict";
import { test } from "node:test";
import { refusal } from "../../explorer/web/lib/upload.js";

test("an empty file and one above the limit are not sent, and the sentence says why", () => {
  const maximum = 2e9;
  assert.equal(refusal({ name: "g.onnx", size: 1 }, maximum), "");
  assert.equal(refusal({ name: "g.onnx", size: maximum }, maximum), "");
  assert.equal(refusal({ name: "g.onnx", size: 0 }, maximum), "g.onnx is empty.");
  assert.equal(refusal({ name: "g.onnx", size: 3.2e9 }, maximum), "g.onnx has 3.2 GB; at most 2.0 GB can be uploaded.");
  assert.match(refusal({ name: "g.onnx", size: 2e6 }, 1e6), /2\.0 MB; at most 1\.0 MB/);
});
