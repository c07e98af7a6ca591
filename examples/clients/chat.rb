# Talks to the bot from Ruby: a streamed conversation, and what was kept of it.
#
#   GATEWAY_API_KEYS=a-long-random-key gateway run bot.py
#   GATEWAY_API_KEY=a-long-random-key ruby chat.rb "Good morning" "Zoë"
#
# The second message goes into the same thread: where the bot asked something, it is the answer.
# Ruby 3 or newer; no gems.

require "json"
require "net/http"

URL = ENV.fetch("GATEWAY_URL", "http://127.0.0.1:8000")
KEY = ENV.fetch("GATEWAY_API_KEY")
$stdout.sync = true

# Make a request, with a body as POST, and return the answer's JSON, or yield the answer before its body is read.
def call(path, secret: KEY, body: nil)
  uri = URI("#{URL}#{path}")
  headers = { "Authorization" => "Bearer #{secret}", "Content-Type" => "application/json" }
  request = (body ? Net::HTTP::Post : Net::HTTP::Get).new(uri, headers)
  request.body = JSON.generate(body) if body
  Net::HTTP.start(uri.host, uri.port, use_ssl: uri.scheme == "https") do |http|
    http.request(request) do |answer|
      abort "#{answer.code}: #{answer.body}" unless answer.is_a?(Net::HTTPSuccess)
      return block_given? ? yield(answer) : JSON.parse(answer.body)
    end
  end
end

# Yield the events of a streamed answer as they arrive. A piece may end within a character, so lines are cut from bytes.
def events(answer)
  rest = String.new
  answer.read_body do |piece|
    rest << piece
    while (line = rest.slice!(/\A.*\n/n))
      yield JSON.parse(line.delete_prefix("data: ")) if line.start_with?("data: ")
    end
  end
end

# Send a message, into a new thread where there is none yet, print what the bot says to it, and return the thread.
def say(secret, text, thread)
  input = { content: [{ type: "input_text", text: text }], attachments: [], inference_options: {} }
  body = { type: "threads.create", params: { input: input } }
  body = { type: "threads.add_user_message", params: { thread_id: thread, input: input } } if thread
  call("/v1/chatkit/conversation", secret: secret, body: body) do |answer|
    events(answer) do |event|
      case event["type"]
      when "thread.created" then thread = event["thread"]["id"]
      when "thread.item.updated" then print event["update"]["delta"]
      when "thread.item.done" then puts if event["item"]["type"] == "assistant_message"
      when "notice" then puts "-- notice: #{event["message"]}"
      when "error" then puts "-- the bot failed: #{event["message"] || event["code"]}"
      end
    end
  end
  thread
end

session = call("/v1/chatkit/sessions", body: { user: "ada", workflow: { id: "bot" } })
messages = ARGV.empty? ? ["Hello"] : ARGV.map { |text| text.dup.force_encoding("UTF-8") }
thread = nil
messages.each { |text| thread = say(session["client_secret"], text, thread) }
puts "-- thread #{thread}"
items = call("/v1/chatkit/threads/#{thread}/items?order=asc&limit=100")["data"]
items.each { |item| puts "#{item["type"]}: #{(item["content"] || []).map { |part| part["text"] }.join(" ")}" }
