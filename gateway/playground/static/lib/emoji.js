// Names of everyday emoji, as chats write them between colons. A name that is not here stays text.

const PAIRS =
  "+1 👍 -1 👎 thumbsup 👍 thumbsdown 👎 heart ❤️ tada 🎉 eyes 👀 white_check_mark ✅ heavy_check_mark ✔️ x ❌ rocket 🚀 fire 🔥 " +
  "smile 😄 smiley 😃 grinning 😀 grin 😁 joy 😂 rofl 🤣 slightly_smiling_face 🙂 wink 😉 blush 😊 heart_eyes 😍 thinking_face 🤔 " +
  "neutral_face 😐 cry 😢 sob 😭 angry 😠 sweat_smile 😅 sunglasses 😎 hugging_face 🤗 exploding_head 🤯 sleeping 😴 partying_face 🥳 " +
  "wave 👋 clap 👏 pray 🙏 raised_hands 🙌 ok_hand 👌 muscle 💪 point_up ☝️ point_right 👉 point_left 👈 point_down 👇 handshake 🤝 " +
  "100 💯 sparkles ✨ star ⭐ star2 🌟 zap ⚡ bulb 💡 warning ⚠️ no_entry ⛔ question ❓ exclamation ❗ bell 🔔 lock 🔒 key 🔑 " +
  "hourglass ⌛ hourglass_flowing_sand ⏳ stopwatch ⏱️ clock1 🕐 calendar 📅 date 📅 memo 📝 pencil ✏️ pencil2 ✏️ book 📖 books 📚 " +
  "bookmark 🔖 link 🔗 paperclip 📎 pushpin 📌 mag 🔍 bar_chart 📊 chart_with_upwards_trend 📈 chart_with_downwards_trend 📉 " +
  "email 📧 envelope ✉️ inbox_tray 📥 outbox_tray 📤 package 📦 computer 💻 iphone 📱 gear ⚙️ wrench 🔧 hammer 🔨 tools 🛠️ " +
  "robot_face 🤖 ghost 👻 skull 💀 bug 🐛 cat 🐱 dog 🐶 unicorn_face 🦄 turtle 🐢 bee 🐝 sunny ☀️ cloud ☁️ rainbow 🌈 snowflake ❄️ " +
  "coffee ☕ pizza 🍕 cake 🍰 beer 🍺 apple 🍎 trophy 🏆 medal 🏅 dart 🎯 gift 🎁 balloon 🎈 musical_note 🎵 art 🎨 camera 📷 " +
  "red_circle 🔴 large_yellow_circle 🟡 large_green_circle 🟢 large_blue_circle 🔵 white_circle ⚪ black_circle ⚫ " +
  "arrow_right ➡️ arrow_left ⬅️ arrow_up ⬆️ arrow_down ⬇️ repeat 🔁 arrows_counterclockwise 🔄 heavy_plus_sign ➕ information_source ℹ️ " +
  "one 1️⃣ two 2️⃣ three 3️⃣ four 4️⃣ five 5️⃣ speech_balloon 💬 thought_balloon 💭 construction 🚧 rotating_light 🚨 seedling 🌱 earth_africa 🌍 globe_with_meridians 🌐 broken_heart 💔 green_heart 💚 blue_heart 💙 purple_heart 💜";

const words = PAIRS.split(" ");
const byName = new Map();
const byCharacter = new Map();
for (let at = 0; at < words.length; at += 2) {
  byName.set(words[at], words[at + 1]);
  if (!byCharacter.has(words[at + 1])) byCharacter.set(words[at + 1], words[at]);
}

/** The character for a name (skin tones ignored), null if it is unknown. */
export function emoji(name) {
  return byName.get(name.replace(/::?skin-tone-\d$/, "")) ?? null;
}

/** A name for a character, null if it has none here. */
export function emojiName(character) {
  return byCharacter.get(character) ?? null;
}

/** What the small reaction palette offers. */
export const PALETTE = ["+1", "-1", "heart", "tada", "eyes", "white_check_mark", "x", "rocket", "fire", "joy", "thinking_face", "pray", "clap", "100", "wave", "robot_face"];
