// The reference implementation of JSONata, with what Step Functions adds: a line of JSON for each
// expression on the standard input, a line for its result on the standard output.
//
//   {"expression": "$states.input.a", "states": {"input": {"a": 1}}, "variables": {}}  ->  {"value": 1}
//
// The result is {"value": ...}, {"undefined": true} or {"error": <code>, "message": ...}. `random`,
// where given, is what $random() returns. Of the functions that Step Functions adds or takes away
// there are those that the definition uses; another is an error, T1006 or T1005, as on AWS.
// https://docs.aws.amazon.com/step-functions/latest/dg/transforming-data.html
import { createInterface } from 'node:readline';

import jsonata from 'jsonata';

// Like $eval, which it replaces: nothing for nothing, an error for what is not a string.
const parse = (text) => (text === undefined ? undefined : JSON.parse(text));

async function evaluate({ expression, states, variables, random }) {
  const program = jsonata(expression);
  program.registerFunction('parse', parse, '<s:x>');
  program.assign('eval', undefined);
  if (random !== undefined) program.registerFunction('random', () => random, '<:n>');
  const value = await program.evaluate(undefined, { ...variables, states });
  return JSON.stringify(value === undefined ? { undefined: true } : { value }, jsonOnly);
}

function jsonOnly(key, value) {
  const isFunction = typeof value === 'function' || value?._jsonata_lambda;
  if (isFunction || (typeof value === 'number' && !Number.isFinite(value))) {
    throw new TypeError('unsupported result type');
  }
  return value;
}

for await (const line of createInterface({ input: process.stdin })) {
  const result = await evaluate(JSON.parse(line)).catch(({ code, name, message }) =>
    JSON.stringify({ error: code ?? name, message }),
  );
  process.stdout.write(`${result}\n`);
}
