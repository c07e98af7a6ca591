# Talks to the bot from Ruby: a ChatKit session, a streamed answer, and what was said.
#
#   GATEWAY_URL=http://127.0.0.1:8000 GATEWAY_API_KEY=... ruby chat.rb "Hello"
#
# Start the bot with the key in GATEWAY_API_KEYS. Ruby 3 or newer; no gems.

require "json"
require "net/http"

URL = ENV.fetch("GATEWAY_URL", "http://127.0.0.1:8000")
KEY = ENV.fetch("GATEWAY_API_KEY")

def request(verb, path, secret: KEY, body: nil, &reader)
  uri = URI("#{URL}#{path}")
  request = verb.new(uri, "Authorization" => "Bearer #{secret}", "Content-Type" => "application/json")
  request.body = JSON.generate(body) if body
  Net::HTTP.start(uri.host, uri.port, use_ssl: uri.scheme == "https") do |http|
    http.request(request) do |answer|
      raise "#{answer.code}: #{answer.body}" unless answer.is_a?(Net::HTTPSuccess)
      return reader.call(answer) if reader
      return JSON.parse(answer.body)
    end
  end
end

# Yield the events of a stream.
def events(answer)
  rest = +""
  answer.read_body do |chunk|
    rest << chunk
    while (line = rest.slice!(/\A.*\n/))
      yield JSON.parse(line.delete_prefix("data: ")) if line.start_with?("data: ")
    end
  end
end

text = ARGV.empty? ? "Hello" : ARGV.join(" ")
session = request(Net::HTTP::Post, "/v1/chatkit/sessions", body: { user: "ada", workflow: { id: "bot" } })
message = { content: [{ type: "input_text", text: text }], attachments: [], inference_options: {} }
wish = { type: "threads.create", params: { input: message } }
thread = nil
request(Net::HTTP::Post, "/v1/chatkit/conversation", secret: session["client_secret"], body: wish) do |answer|
  events(answer) do |event|
    case event["type"]
    when "thread.created" then thread = event["thread"]["id"]
    when "thread.item.updated" then print event["update"]["delta"]
    when "error" then puts "the bot failed: #{event["message"]}"
    end
  end
end
puts "\n-- thread #{thread}"
items = request(Net::HTTP::Get, "/v1/chatkit/threads/#{thread}/items?order=asc")
items["data"].each { |item| puts "#{item["type"]}: #{(item["content"] || []).map { |part| part["text"] }}" }
