#include <algorithm>

#include "api/page.h"
#include "api/routes.h"

namespace tipoff {
namespace {

// Nothing but files of this very server; no inline script, no frame around it.
constexpr char kPolicy[] =
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

bool TakesGzip(const HttpRequest& request) {
  std::string_view takes = request.Header("accept-encoding");
  std::size_t found = takes.find("gzip");
  return found != takes.npos && !takes.substr(found).starts_with("gzip;q=0");
}

void SendFile(const ApiParts& parts, const Call& call) {
  const auto& files = parts.options.page;
  auto file = std::find_if(files.begin(), files.end(),
                           [&](const PageFile& one) { return one.path == call.request.path; });
  if (file == files.end()) {
    return call.responder->Send(MakeProblem(
        404, "the page has no such file; if it was open while tipoff was replaced, load it anew"));
  }
  HttpResponse response;
  bool asset = file->path != "/";
  response.headers = {
      {"ETag", std::string(file->etag)},
      {"Cache-Control", asset ? "public, max-age=31536000, immutable" : "no-cache"},
      {"Vary", "Accept-Encoding"},
      {"Content-Security-Policy", kPolicy},
      {"X-Content-Type-Options", "nosniff"},
      {"Referrer-Policy", "no-referrer"},
      {"Cross-Origin-Opener-Policy", "same-origin"},
  };
  response.content_type = std::string(file->content_type);
  if (call.request.Header("if-none-match").find(file->etag) != std::string_view::npos) {
    response.status = 304;
  } else if (TakesGzip(call.request)) {
    response.body = std::string(file->gzip);
    response.headers.emplace_back("Content-Encoding", "gzip");
  } else {
    response.body = std::string(file->plain);
  }
  call.responder->Send(std::move(response));
}

}  // namespace

void AddPageRoutes(Router& router, const ApiParts& parts) {
  for (const char* path : {"/", "/assets/{name}"}) {
    router.Add("GET", path, Role::kNone, [parts](const Call& call) { SendFile(parts, call); });
  }
}

}  // namespace tipoff
