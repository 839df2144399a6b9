# Homebrew formula of poam @VERSION@, for a tap.
class Poam < Formula
  desc "Plans of Action and Milestones (POA&Ms) as plain text in git"
  homepage "@REPOSITORY@"
  version "@VERSION@"
  license "MIT"

  depends_on "git"

  on_macos do
    on_arm do
      url "@REPOSITORY@/releases/download/v@VERSION@/poam-@VERSION@-aarch64-apple-darwin.tar.gz"
      sha256 "@SHA256:poam-@VERSION@-aarch64-apple-darwin.tar.gz@"
    end
    on_intel do
      url "@REPOSITORY@/releases/download/v@VERSION@/poam-@VERSION@-x86_64-apple-darwin.tar.gz"
      sha256 "@SHA256:poam-@VERSION@-x86_64-apple-darwin.tar.gz@"
    end
  end

  on_linux do
    on_arm do
      url "@REPOSITORY@/releases/download/v@VERSION@/poam-@VERSION@-aarch64-unknown-linux-musl.tar.gz"
      sha256 "@SHA256:poam-@VERSION@-aarch64-unknown-linux-musl.tar.gz@"
    end
    on_intel do
      url "@REPOSITORY@/releases/download/v@VERSION@/poam-@VERSION@-x86_64-unknown-linux-musl.tar.gz"
      sha256 "@SHA256:poam-@VERSION@-x86_64-unknown-linux-musl.tar.gz@"
    end
  end

  def install
    bin.install "poam"
    man1.install Dir["man/*.1"]
    bash_completion.install "completions/poam.bash" => "poam"
    zsh_completion.install "completions/_poam"
    fish_completion.install "completions/poam.fish"
  end

  test do
    assert_match version.to_s, shell_output("#{bin}/poam --version")
    system bin/"poam", "demo", "tracker", "--quiet"
  end
end
