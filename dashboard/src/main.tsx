// The frame: who looks, the four views, and which of them is shown. The address after # says which.

import { render } from "preact";
import { useEffect, useState } from "preact/hooks";
import type { Session } from "./api";
import { call, get, onSignedOut, Refused, words } from "./api";
import { BatchView } from "./batch";
import { BatchList } from "./batches";
import { SystemView } from "./system";
import { Tonight } from "./tonight";
import "./style.css";

const VIEWS = [
  { path: "batches", title: "Batches" },
  { path: "tonight", title: "Tonight" },
  { path: "system", title: "System" },
];

function useRoute(): string[] {
  const read = () => location.hash.replace(/^#\/?/, "").split("/").map(decodeURIComponent);
  const [route, setRoute] = useState(read());
  useEffect(() => {
    const turn = () => {
      setRoute(read());
      window.scrollTo(0, 0);
    };
    addEventListener("hashchange", turn);
    return () => removeEventListener("hashchange", turn);
  }, []);
  return route[0] ? route : ["batches"];
}

function SignIn({ entered }: { entered: (session: Session) => void }) {
  const [problem, setProblem] = useState("");
  const [busy, setBusy] = useState(false);
  const submit = async (event: Event) => {
    event.preventDefault();
    const key = new FormData(event.target as HTMLFormElement).get("key");
    setBusy(true);
    try {
      entered(await call<Session>("POST", "/v1/session", { key }));
    } catch (refusal) {
      setProblem(words(refusal));
      setBusy(false);
    }
  };
  return (
    <main class="signin">
      <h1>tipoff</h1>
      <form onSubmit={submit}>
        <label for="key">Key</label>
        <input id="key" name="key" type="password" autocomplete="current-password" required
               aria-describedby="keyhelp" />
        <p id="keyhelp" class="quiet">
          <code>tipoff keys add NAME --role read</code> makes one; with the role <code>operate</code>
          {" "}it may end and retry batches.
        </p>
        {problem && <p class="problem" role="alert">{problem}</p>}
        <button class="primary" disabled={busy}>Sign in</button>
      </form>
    </main>
  );
}

function App() {
  const [session, setSession] = useState<Session | "unknown" | "none">("unknown");
  const [problem, setProblem] = useState("");
  const route = useRoute();
  useEffect(() => {
    onSignedOut(() => setSession("none"));
    let timer = 0;
    const ask = () => get<Session>("/v1/session").then(
      (found) => { setSession(found); setProblem(""); },
      (refusal) => {
        if (refusal instanceof Refused && refusal.status === 401) return setSession("none");
        setProblem(words(refusal));
        timer = window.setTimeout(ask, 3000);
      });
    void ask();
    return () => clearTimeout(timer);
  }, []);
  if (session === "unknown") {
    return <main>{problem && <p class="problem" role="alert">{problem}</p>}</main>;
  }
  if (session === "none") return <SignIn entered={setSession} />;
  const mayOperate = session.role === "operate";
  const signOut = () => call("DELETE", "/v1/session").finally(() => setSession("none"));
  return (
    <>
      <a class="skip" href="#main" onClick={(event) => {
        event.preventDefault();
        document.getElementById("main")?.focus();
      }}>Skip to content</a>
      <header>
        <a class="brand" href="#/batches">tipoff</a>
        <nav aria-label="Views">
          {VIEWS.map(({ path, title }) => (
            <a href={`#/${path}`} aria-current={route[0] === path ? "page" : undefined}>{title}</a>
          ))}
        </nav>
        <span class="who">
          <span class="quiet">{session.open ? "this machine" : session.name.replace(/^key:/, "")}
            {" "}may {session.role}</span>
          {!session.open && <button onClick={signOut}>Sign out</button>}
        </span>
      </header>
      <main id="main" tabIndex={-1}>
        {route[0] === "batches" && !route[1] && <BatchList />}
        {route[0] === "batches" && route[1] &&
          <BatchView key={route[1]} id={route[1]} mayOperate={mayOperate} />}
        {route[0] === "tonight" && <Tonight date={route[1] ?? ""} />}
        {route[0] === "system" && <SystemView mayOperate={mayOperate} />}
        {!VIEWS.some(({ path }) => path === route[0]) && <p>There is no such view.</p>}
      </main>
    </>
  );
}

render(<App />, document.getElementById("app")!);
