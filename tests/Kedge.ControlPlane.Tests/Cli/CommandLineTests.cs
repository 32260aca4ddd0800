using System.CommandLine;
using Kedge.Api;
using Kedge.Cli;
using Kedge.Core.Manifests;

namespace Kedge.ControlPlane.Tests.Cli;

public sealed class CommandLineTests : IDisposable
{
    private readonly CliRun _cli = new();

    public void Dispose() => _cli.Dispose();

    [Theory]
    [InlineData("get")]
    [InlineData("frobnicate")]
    [InlineData("get devices --nonsense")]
    [InlineData("get devices -o pdf")]
    [InlineData("apply")]
    [InlineData("get widgets")]
    [InlineData("get device/a deployment/b")]
    [InlineData("delete")]
    [InlineData("delete deployment")]
    [InlineData("wait device a --for=serving")]
    [InlineData("token create --label nonsense")]
    [InlineData("token create --ttl soon")]
    [InlineData("get models -l a=b")]
    [InlineData("policy sign")]
    [InlineData("get devices --server http://plain")]
    public async Task A_command_line_that_makes_no_sense_ends_with_2(string line)
    {
        _cli.WriteContext();
        CliResult result = await _cli.RunAsync(line.Split(' '));
        bool lacksKey = line == "policy sign"; // It makes sense, and the owner's key is not here.
        Assert.Equal(lacksKey ? ExitCodes.Failed : ExitCodes.Usage, result.Exit);
        Assert.StartsWith("error KEDGE-CLI-", result.Error, StringComparison.Ordinal);
        Assert.Empty(result.Out);
    }

    [Fact]
    public async Task An_unknown_word_is_answered_with_the_one_that_was_meant()
    {
        CliResult result = await _cli.RunAsync("get", "devcies");
        Assert.Equal(
            """
            error KEDGE-CLI-009: there is no kind 'devcies'; did you mean devices?
              Use devices, models, deployments, endpoints, tokens, events or signingpolicies.

            """,
            result.Error);
    }

    [Fact]
    public async Task Without_a_context_the_remedy_is_named()
    {
        CliResult result = await _cli.RunAsync("get", "devices");
        Assert.Equal(ExitCodes.Failed, result.Exit);
        Assert.Equal(
            $"""
            error KEDGE-CLI-002: {_cli.ConfigPath} names no current context
              {CliErrors.NoContext.Remedy}

            """,
            result.Error);
    }

    [Fact]
    public async Task A_server_that_is_not_there_is_named_with_its_address_and_the_cause()
    {
        _cli.WriteContext();
        CliResult result = await _cli.RunAsync("get", "devices");
        Assert.Equal(ExitCodes.Unreachable, result.Exit);
        Assert.StartsWith(
            "error KEDGE-CLI-005: https://127.0.0.1:1: nothing listens there (connection refused)",
            result.Error,
            StringComparison.Ordinal);
        Assert.Contains("kedge config view", result.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Contexts_are_listed_chosen_imported_and_deleted()
    {
        _cli.WriteContext("plant", "https://plant:8443", "/owner");
        _cli.WriteContext("lab", "https://lab:8443");
        Assert.Equal(
            """
            CURRENT   NAME    SERVER               OWNER KEYS
            *         lab     https://lab:8443     -
                      plant   https://plant:8443   /owner

            """,
            (await _cli.RunAsync("config", "get-contexts")).Out);
        Assert.Equal(ExitCodes.Ok, (await _cli.RunAsync("config", "use-context", "plant")).Exit);
        Assert.Equal("plant\n", (await _cli.RunAsync("config", "current-context")).Out);
        Assert.Equal("lab\n", (await _cli.RunAsync("--context", "lab", "config", "current-context")).Out);
        _cli.Variables["KEDGE_CONTEXT"] = "lab";
        Assert.Equal("lab\n", (await _cli.RunAsync("config", "current-context")).Out);
        _cli.Variables.Clear();
        CliResult unknown = await _cli.RunAsync("config", "use-context", "moon");
        Assert.Equal(ExitCodes.NotFound, unknown.Exit);
        Assert.Contains("KEDGE-CLI-003", unknown.Error, StringComparison.Ordinal);

        string other = Path.Combine(_cli.Home, "other.json");
        File.Move(_cli.ConfigPath, other);
        Assert.Equal(ExitCodes.Ok, (await _cli.RunAsync("config", "import", other)).Exit);
        Assert.Equal("plant\n", (await _cli.RunAsync("config", "current-context")).Out);
        Assert.Equal(ExitCodes.Ok, (await _cli.RunAsync("config", "delete-context", "plant")).Exit);
        Assert.Equal("lab", ContextDocument.Load(_cli.ConfigPath).Contexts.Single().Name);
        if (!OperatingSystem.IsWindows())
        {
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(_cli.ConfigPath));
        }
    }

    [Fact]
    public async Task Tokens_are_shown_only_when_they_are_asked_for()
    {
        _cli.WriteContext();
        Assert.DoesNotContain("kedge_secret", (await _cli.RunAsync("config", "view")).All, StringComparison.Ordinal);
        Assert.DoesNotContain(
            "kedge_secret", (await _cli.RunAsync("config", "view", "-o", "json")).All, StringComparison.Ordinal);
        Assert.Contains("kedge_secret", (await _cli.RunAsync("config", "view", "--raw")).Out, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_damaged_file_of_contexts_is_an_error_with_its_path()
    {
        _cli.Variables["KEDGE_CONFIG"] = _cli.Write("broken.json", "{\"contexts\": [");
        CliResult result = await _cli.RunAsync("config", "view");
        Assert.Equal(ExitCodes.Failed, result.Exit);
        Assert.StartsWith(
            $"error KEDGE-CLI-004: {_cli.Variables["KEDGE_CONFIG"]}", result.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Mistakes_in_several_files_are_found_before_a_server_is_called()
    {
        string one = _cli.Write("m/1.yaml", "apiVersion: kedge.dev/v1\nkind: Device\nmetadata: {name: A}\n");
        string two = _cli.Write("m/2.yaml", "kind: Devise\n");
        _cli.Write("m/readme.txt", "no manifest");
        CliResult result = await _cli.RunAsync("apply", "-f", Path.Combine(_cli.Home, "m"));
        Assert.Equal(ExitCodes.Refused, result.Exit);
        Assert.Equal(
            $"""
            error KEDGE-SPEC-015: {one}:3: metadata.name: 'A' is no name
              Use 1 to 63 lower-case letters, digits and hyphens, starting and ending with a letter or digit.
            error KEDGE-SPEC-009: {two}:1: there is no kind 'Devise'; did you mean Device?
              Use one of the kinds in docs/manifests.md.

            """,
            result.Error);
    }

    [Fact]
    public async Task Files_that_contradict_each_other_are_found_with_file_and_line()
    {
        string text = "apiVersion: kedge.dev/v1\nkind: Device\nmetadata:\n  name: a\n";
        _cli.Write("m/1.yaml", text);
        string two = _cli.Write("m/2.yaml", "# again\n" + text);
        CliResult result = await _cli.RunAsync("apply", "-f", Path.Combine(_cli.Home, "m"));
        Assert.Equal(ExitCodes.Refused, result.Exit);
        Assert.StartsWith(
            $"error KEDGE-SPEC-024: {two}:5: Device a stands already", result.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_file_that_is_not_there_is_an_error()
    {
        CliResult result = await _cli.RunAsync("apply", "-f", "/nowhere.yaml");
        Assert.Equal(ExitCodes.Failed, result.Exit);
        Assert.Contains("KEDGE-CLI-008", result.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Schema_explanations_and_completion_need_no_server()
    {
        Assert.Equal(ManifestJsonSchema.Write(), (await _cli.RunAsync("schema")).Out);
        Assert.Equal(
            """
            Deployment.spec.endpoint: fields, required

              Where applications on the device find it.

            fields:
              expose: one of loopback, unix
                loopback answers on a TCP port of 127.0.0.1; unix on a Unix socket at a stable path. Default: loopback.
              port: a whole number, 1 to 65535
                TCP port; needed with loopback, not allowed with unix.

            """,
            (await _cli.RunAsync("explain", "deployment.spec.endpoint")).Out);
        Assert.Equal(ExitCodes.NotFound, (await _cli.RunAsync("explain", "deployment.spec.replicas")).Exit);
        Assert.Equal(ExitCodes.NotFound, (await _cli.RunAsync("explain", "pods")).Exit);
        Assert.Contains("[suggest:", (await _cli.RunAsync("completion", "bash")).Out, StringComparison.Ordinal);
        Assert.Contains("models", (await _cli.RunAsync("[suggest:11]", "kedge get m")).Out, StringComparison.Ordinal);
        Assert.StartsWith("client: ", (await _cli.RunAsync("version", "--client")).Out, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_is_no_model_is_refused_before_anything_runs_or_is_sent()
    {
        _cli.WriteContext();
        string file = _cli.Write("model.onnx", "import os; os.system('rm -rf /')");
        string key = _cli.Write("key.pem", NewKey());
        CliResult result = await _cli.RunAsync("model", "push", file, "--name", "m", "--key", key);
        Assert.Equal(ExitCodes.Refused, result.Exit);
        Assert.Contains("The bytes are those of text", result.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_key_that_is_missing_or_none_is_named()
    {
        _cli.WriteContext();
        string file = _cli.Write("model.onnx", "x");
        Assert.Contains("KEDGE-CLI-012", (await _cli.RunAsync("model", "push", file)).Error, StringComparison.Ordinal);
        string bad = _cli.Write("bad.pem", "no key");
        CliResult result = await _cli.RunAsync("model", "push", file, "--key", bad);
        Assert.Contains("KEDGE-CLI-013", result.Error, StringComparison.Ordinal);
        Assert.Contains(bad, result.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_file_larger_than_any_model_is_refused_unread()
    {
        _cli.WriteContext();
        string file = Path.Combine(_cli.Home, "huge.onnx");
        using (FileStream huge = File.Create(file))
        {
            huge.SetLength(5L * 1024 * 1024 * 1024);
        }

        CliResult result = await _cli.RunAsync("model", "push", file, "--key", _cli.Write("key.pem", NewKey()));
        Assert.Equal(ExitCodes.Refused, result.Exit);
        Assert.Contains("KEDGE-CONTENT-007: huge.onnx has 5368709120 bytes", result.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void Every_command_and_option_has_a_description()
    {
        foreach (Command command in Walk(KedgeCommand.Build()))
        {
            Assert.False(string.IsNullOrEmpty(command.Description), command.Name);
            foreach (Symbol symbol in command.Options.Concat<Symbol>(command.Arguments))
            {
                Assert.False(string.IsNullOrEmpty(symbol.Description), $"{command.Name} {symbol.Name}");
            }
        }
    }

    private static IEnumerable<Command> Walk(Command command) =>
        command.Subcommands.SelectMany(Walk).Prepend(command);

    private static string NewKey()
    {
        using var key = System.Security.Cryptography.ECDsa.Create(
            System.Security.Cryptography.ECCurve.NamedCurves.nistP256);
        return key.ExportPkcs8PrivateKeyPem();
    }
}
