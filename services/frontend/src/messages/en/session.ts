export default {
  help: "This Loradeck asks for its token once. It is in `LORADECK_TOKEN`, or in the file that `LORADECK_TOKEN_FILE` names, on the host that Loradeck runs on; in containers `docker compose exec backend cat /token/token` shows it.",
  wait: "Wait {seconds} s",
  signIn: "Sign in",
  token: "Token",
  signOut: "Sign out",
} as const;
