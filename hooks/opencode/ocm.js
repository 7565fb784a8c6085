// ocm in OpenCode. Belongs in .opencode/plugins/ocm.js of a project, or in ~/.config/opencode/plugins/ocm.js.
//
// OpenCode takes any error thrown before a tool call for a denial of that call, so a denial is the only one thrown here.
// Without `ocm-hook` nothing happens at all.
import { spawn } from "node:child_process"
import { homedir } from "node:os"

const LIMIT = 5000 // milliseconds, as long as a hook may take

// Start the hook in the user's home: on Windows a program of its name in the project would be found before the real one.
const ask = (event, payload) =>
  new Promise((resolve) => {
    const sent = JSON.stringify(payload)
    const hook = spawn("ocm-hook", [event, "--tool", "opencode"], {
      cwd: homedir(),
      stdio: ["pipe", "pipe", "ignore"],
      windowsHide: true,
    })
    let answer = ""
    const end = () => {
      clearTimeout(timer)
      hook.kill("SIGKILL")
      for (const pipe of [hook.stdin, hook.stdout]) pipe?.destroy()
      resolve(parsed(answer))
    }
    const timer = setTimeout(end, LIMIT)
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

// Where the plugin is in the project and in the user's configuration, OpenCode loads both; only one may tell of a call.
const seen = (globalThis[Symbol.for("ocm.seen")] ??= new WeakSet())
const isFirst = (output) => !seen.has(output) && Boolean(seen.add(output))

const safely = (work) => async (...given) => {
  try {
    return await work(...given)
  } catch {
    return undefined
  }
}

export const OcmPlugin = async ({ directory }) => {
  const parents = new Map() // the sessions that sub-agents work in, and whose agents they are
  const created = new Set()
  const started = new Set()
  const modes = new Map() // the agent that answers in a session: the one called plan can change nothing
  const roles = new Map() // who wrote which message
  const said = new Map() // what the assistant said last in a session
  const running = new Map() // calls that may still fail: only an event tells of those

  const about = (id) => {
    let session_id = id
    while (parents.has(session_id)) session_id = parents.get(session_id)
    return { session_id, cwd: directory, ...(session_id === id ? {} : { agent_id: id }) }
  }
  const call = ({ sessionID, callID, tool }, args) => ({
    ...about(sessionID),
    tool_name: tool,
    tool_use_id: callID,
    mode: modes.get(sessionID),
    tool_input: args,
  })
  const start = async (id, source) => {
    started.add(id)
    return (await ask("session-start", { ...about(id), source })).context
  }

  return {
    event: safely(async ({ event: { type, properties } }) => {
      if (type === "session.created") {
        created.add(properties.info.id)
        if (properties.info.parentID) parents.set(properties.info.id, properties.info.parentID)
      }
      if (type === "message.updated") roles.set(properties.info.id, properties.info.role)
      if (properties?.part?.type === "text" && roles.get(properties.part.messageID) === "assistant")
        said.set(properties.part.sessionID, properties.part.text)
      if (type === "session.idle" && !parents.has(properties.sessionID))
        await ask("stop", { ...about(properties.sessionID), last_assistant_message: said.get(properties.sessionID) })
      const { callID, state } = properties?.part ?? {}
      const failed = state?.status === "error" && running.get(callID)
      if (failed && running.delete(callID)) await ask("post-tool-use", { ...failed.payload, failed: true })
    }),
    "chat.message": safely(async ({ sessionID }, output) => {
      const { message, parts } = output
      if (message.agent) modes.set(sessionID, message.agent)
      if (parents.has(sessionID) || !isFirst(output)) return
      const typed = parts.filter((part) => part.type === "text" && !part.synthetic).map((part) => part.text)
      const source = created.has(sessionID) ? "startup" : "resume"
      const words = [started.has(sessionID) ? "" : await start(sessionID, source)]
      words.push((await ask("user-prompt", { ...about(sessionID), prompt: typed.join("\n") })).context)
      const text = words.filter(Boolean).join("\n\n")
      const id = `prt_ocm${Date.now().toString(36)}`
      if (text) parts.push({ id, sessionID, messageID: message.id, type: "text", text, synthetic: true })
    }),
    "tool.execute.before": async (input, output) => {
      const reply = await safely(async () => {
        if (!isFirst(output)) return {}
        const payload = call(input, output.args)
        const found = await ask("pre-tool-use", payload)
        if (!found.deny) running.set(input.callID, { payload, words: found.context })
        if (found.input) Object.assign(output.args, found.input)
        return found
      })()
      if (reply?.deny) throw new Error(reply.deny)
    },
    "tool.execute.after": safely(async (input, output) => {
      if (!isFirst(output)) return
      const before = running.get(input.callID)?.words
      running.delete(input.callID)
      const created = output.metadata?.exists === false
      const { context } = await ask("post-tool-use", { ...call(input, input.args), created })
      const text = [before, context].filter(Boolean).join("\n\n")
      if (text && typeof output.output === "string") output.output += `\n\n${text}`
      else if (text) output.content?.push({ type: "text", text })
    }),
    "experimental.session.compacting": safely(async ({ sessionID }, output) => {
      if (parents.has(sessionID) || !isFirst(output)) return
      await ask("pre-compact", about(sessionID))
      const context = await start(sessionID, "compact")
      if (context) output.context.push(context)
    }),
    dispose: safely(async () => {
      await Promise.all([...started].map((id) => ask("session-end", about(id))))
    }),
  }
}
