using System.Text;
using Kedge.Api;
using Kedge.Cli;
using Kedge.ControlPlane.Tests.Server;
using Kedge.Tests.Support;

namespace Kedge.ControlPlane.Tests.Cli;

/// <summary>What <c>kedge apply --diff</c> prints while versions of a model come, move and go.</summary>
public sealed class ApplyDiffTests : IAsyncLifetime, IDisposable
{
    private readonly CliRun _cli = new();
    private readonly StringBuilder _story = new();
    private TestServer _server = null!;

    public async Task InitializeAsync()
    {
        _server = await TestServer.StartAsync(o => o with { ContextFile = _cli.ConfigPath });
        ContextDocument.Load(_cli.ConfigPath).With(_server.Context).Save(_cli.ConfigPath);
    }

    public async Task DisposeAsync() => await _server.DisposeAsync();

    public void Dispose() => _cli.Dispose();

    [Fact]
    public async Task Versions_that_come_move_and_go_are_shown_as_a_table_and_as_json()
    {
        Write("{latest: 2}");
        await PushAsync("v1", 1);
        await PushAsync("v2", 2);
        await ApplyAsync("--diff");
        await ApplyAsync("--diff");
        await PushAsync("v3", 3);
        await ApplyAsync("--diff", "--dry-run");
        await ApplyAsync("--diff", "--dry-run", "-o", "json");
        await ApplyAsync("--diff");
        Write("{listed: [v1, prod]}");
        await PushAsync("prod", 3);
        await ApplyAsync("--diff");
        await PushAsync("prod", 2);
        await ApplyAsync("--diff");
        Write("{all: true}");
        await ApplyAsync("--diff");
        Assert.Null(GoldenFile.Difference("tests/Kedge.ControlPlane.Tests/Cli/apply-diff.txt", _story.ToString()));
    }

    private void Write(string versions)
    {
        string text = $$$"""
            apiVersion: kedge.dev/v1
            kind: Deployment
            metadata: {name: adder}
            spec:
              selector: {matchLabels: {line: press}}
              models: [{name: adder, package: adder, versions: {{{versions}}}}]
              endpoint: {port: 8500}
            """;
        _cli.Write("adder.yaml", text);
        _story.Append("# adder.yaml: versions: ").AppendLine(versions);
    }

    private async Task PushAsync(string tag, byte seed)
    {
        TestPackage package = await TestPackage.PushAsync(_server, "adder", tag, seed);
        _story.AppendLine($"# adder:{tag} is {package.Digest}");
    }

    private async Task ApplyAsync(params string[] options)
    {
        CliResult result =
            await _cli.RunAsync(["apply", "-f", Path.Combine(_cli.Home, "adder.yaml"), .. options]);
        Assert.True(result.Exit == ExitCodes.Ok, result.All);
        _story.AppendLine($"$ kedge apply -f adder.yaml {string.Join(' ', options)}").AppendLine(result.Out);
    }
}
