// ocm in Cline. Belongs in .cline/plugins/ocm.js of a project, or in ~/.cline/plugins/ocm.js.
//
// Cline gives a plugin's hook 3 seconds, and an error or a late answer ends the whole run, so neither ever leaves this
// file. Without `ocm-hook` nothing happens at all.
import { spawn, spawnSync } from "node:child_process"
import { homedir } from "node:os"

const LIMIT = 2500 // milliseconds, as long as all that one hook does may take

// Start the hook in the user's home: on Windows a program of its name in the project would be found before the real one.
const PLACE = { cwd: homedir(), windowsHide: true }

const ask = (event, payload, until = Date.now() + LIMIT) =>
  new Promise((resolve) => {
    const sent = JSON.stringify(payload)
    const hook = spawn("ocm-hook", [event, "--tool", "cline"], { ...PLACE, stdio: ["pipe", "pipe", "ignore"] })
    let answer = ""
    const end = () => {
      clearTimeout(timer)
      hook.kill("SIGKILL")
      for (const pipe of [hook.stdin, hook.stdout]) pipe?.destroy()
      resolve(parsed(answer))
    }
    const timer = setTimeout(end, until - Date.now())
    hook.on("error", end).on("close", end)
    hook.stdout.setEncoding("utf8").on("data", (text) => (answer += text))
    hook.stdin.on("error", () => {}).end(sent)
  }).catch(() => ({}))

const parsed = (answer) => {
  try {
    return Object(JSON.parse(answer))
  } catch {
    return {}
  }
}

const safely = (work) => async (context) => {
  try {
    return await work(context)
  } catch {
    return undefined
  }
}

let session = {} // what Cline says of the session when it loads the plugin
const started = new Map()
const denied = new Map()

const about = ({ agentId, conversationId, parentAgentId }) => ({
  session_id: session.id ?? conversationId,
  cwd: session.root ?? process.cwd(),
  ...(parentAgentId ? { agent_id: agentId } : {}),
})
// In which mode a run is, Cline says only in what it makes of the prompt.
const modeOf = ({ messages }) => {
  const texts = (messages ?? []).filter((message) => message.role === "user").flatMap((message) => message.content)
  return texts.map((part) => /^<user_input mode="(\w+)">/.exec(part?.text ?? part)?.[1]).findLast(Boolean)
}
const call = ({ snapshot, toolCall, input }) => ({
  ...about(snapshot),
  tool_name: toolCall.toolName,
  tool_use_id: toolCall.toolCallId,
  mode: modeOf(snapshot),
  tool_input: input,
})
const said = ({ messages }) => {
  const content = messages.findLast((message) => message.role === "user")?.content ?? []
  return [content].flat().map((part) => part.text ?? part).filter((text) => typeof text === "string").join("\n")
}
const failed = ({ output, isError }) => isError === true || [output].flat().some((part) => part?.success === false)

// Cline has no hook for the end of a session, but it ends the process that it made for its plugins with this signal.
const watch = () =>
  process.once("SIGTERM", () => {
    for (const who of started.values())
      spawnSync("ocm-hook", ["session-end", "--tool", "cline"], { ...PLACE, input: JSON.stringify(who), timeout: LIMIT })
    process.exit(0)
  })

export default {
  name: "ocm",
  manifest: { capabilities: ["hooks"] },
  setup: (_api, context) => {
    session = { id: context?.session?.sessionId, root: context?.workspaceInfo?.rootPath }
  },
  hooks: {
    beforeRun: safely(async ({ snapshot }) => {
      const who = about(snapshot)
      if (who.agent_id) return undefined
      const until = Date.now() + LIMIT
      const words = []
      if (!started.has(who.session_id)) {
        if (!started.size && globalThis.__clinePluginHost) watch()
        started.set(who.session_id, who)
        const source = snapshot.messages.some((message) => message.role === "assistant") ? "resume" : "startup"
        words.push((await ask("session-start", { ...who, source }, until)).context)
      }
      words.push((await ask("user-prompt", { ...who, prompt: said(snapshot) }, until)).context)
      return { appendContext: words.filter(Boolean).join("\n\n") }
    }),
    afterRun: safely(async ({ snapshot }) => {
      const content = snapshot.messages.findLast((message) => message.role === "assistant")?.content ?? []
      const words = [content].flat().map((part) => part.text ?? part).filter((text) => typeof text === "string")
      await ask("stop", { ...about(snapshot), last_assistant_message: words.join("\n") })
    }),
    beforeTool: safely(async (context) => {
      const found = await ask("pre-tool-use", call(context))
      if (found.deny) denied.set(context.toolCall.toolCallId, found.deny)
      if (found.deny) return { skip: true, reason: found.deny }
      return { appendContext: found.context, input: found.input && { ...context.input, ...found.input } }
    }),
    afterTool: safely(async (context) => {
      const reason = denied.get(context.toolCall.toolCallId)
      // A denial is no mistake of the model: Cline ends a run after three failed calls in a row.
      if (denied.delete(context.toolCall.toolCallId)) return { result: { output: { denied: reason }, isError: false } }
      const found = await ask("post-tool-use", { ...call(context), failed: failed(context.result) })
      return { appendContext: found.context }
    }),
  },
}
