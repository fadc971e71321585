// Decides about requests with an evaluator of IAM policies that knows nothing of ours.
import { runSimulation } from '@cloud-copilot/iam-simulate'

let input = ''
for await (const chunk of process.stdin) input += chunk

const accountId = '000000000000'
const decisions = []
for (const { policy, request } of JSON.parse(input)) {
  const simulation = {
    request: {
      principal: `arn:aws:iam::${accountId}:role/r`,
      action: request.action,
      resource: { resource: request.resource, accountId },
      contextVariables: request.context
    },
    identityPolicies: [{ name: 'policy', policy }],
    serviceControlPolicies: [],
    resourceControlPolicies: []
  }
  const { overallResult, errors } = await runSimulation(simulation, {})
  decisions.push(overallResult ?? JSON.stringify(errors))
}
console.log(JSON.stringify(decisions))
