using System.Text.Json.Nodes;
using Kedge.Api;
using Kedge.Cli;
using Kedge.ControlPlane.Tests.Server;

namespace Kedge.ControlPlane.Tests.Cli;

/// <summary>Names of packages: versions stay, stages move and have a history.</summary>
public sealed class ModelTagTests : IAsyncLifetime, IDisposable
{
    private readonly CliRun _cli = new();
    private TestServer _server = null!;
    private string _one = "";
    private string _two = "";

    public async Task InitializeAsync()
    {
        _server = await TestServer.StartAsync(o => o with { ContextFile = _cli.ConfigPath });
        ContextDocument.Load(_cli.ConfigPath).With(_server.Context).Save(_cli.ConfigPath);
        _one = (await TestPackage.PushAsync(_server, "bearing", "v1", 1)).Digest.ToString();
        _two = (await TestPackage.PushAsync(_server, "bearing", "v2", 2)).Digest.ToString();
    }

    public async Task DisposeAsync() => await _server.DisposeAsync();

    public void Dispose() => _cli.Dispose();

    [Fact]
    public async Task A_stage_moves_and_its_history_tells_where_it_was()
    {
        await OkAsync("model", "tag", "bearing:v1", "staging");
        Assert.Equal(
            $"bearing:production = {_one} (new)\n",
            await OkAsync("model", "promote", "bearing", "staging", "production"));
        await OkAsync("model", "tag", $"bearing@{_two}", "staging");
        Assert.Equal(
            $"bearing:production = {_two} (was {_one})\n",
            await OkAsync("model", "promote", "bearing", "staging", "production"));
        Assert.Equal(
            $"bearing:production = {_two} (as before)\n",
            await OkAsync("model", "promote", "bearing", "staging", "production"));
        Assert.Matches(
            $@"^SINCE\s+PACKAGE\n\S+ \S+\s+{_two}\n\S+ \S+\s+{_one}\n$",
            await OkAsync("model", "tag", "--history", "bearing", "production"));
        JsonNode history =
            JsonNode.Parse(await OkAsync("model", "tag", "--history", "bearing", "production", "-o", "json"))!;
        Assert.Equal([_two, _one], history["items"]!.AsArray().Select(static m => m!["digest"]!.GetValue<string>()));
        Assert.Equal(
            "bearing:staging removed\n", await OkAsync("model", "untag", "bearing:staging"));
        CliResult gone = await _cli.RunAsync("model", "promote", "bearing", "staging", "production");
        Assert.Equal(ExitCodes.NotFound, gone.Exit);
    }

    [Fact]
    public async Task A_version_stays_with_what_it_names_unless_somebody_insists()
    {
        await OkAsync("model", "tag", "bearing:v1", "v1");
        foreach (string[] words in (string[][])[["tag", "bearing:v2", "v1"], ["promote", "bearing", "v2", "v1"]])
        {
            CliResult refused = await _cli.RunAsync(["model", .. words]);
            Assert.Equal(ExitCodes.Refused, refused.Exit);
            Assert.StartsWith($"error KEDGE-CLI-060: bearing:v1 is {_one}", refused.Error, StringComparison.Ordinal);
        }

        Assert.Equal($"bearing:v1 = {_two}\n", await OkAsync("model", "tag", "bearing:v2", "v1", "--force"));
        await OkAsync("model", "tag", "bearing:v2", "2026.11");
    }

    [Fact]
    public async Task The_server_compares_before_it_moves()
    {
        Kedge.Api.Resources.TagRequest fresh = new(_two, "");
        KedgeApiException there = await Assert.ThrowsAsync<KedgeApiException>(
            () => _server.Client.MoveTagAsync("bearing", "v1", fresh, _server.Ct));
        Assert.Equal((409, "KEDGE-API-004"), (there.Status, there.Problem.Error.Code));
        await _server.Client.MoveTagAsync("bearing", "v1", fresh with { Expected = _one }, _server.Ct);
        KedgeApiException bad = await Assert.ThrowsAsync<KedgeApiException>(
            () => _server.Client.MoveTagAsync("bearing", "v1", fresh with { Expected = "x" }, _server.Ct));
        Assert.Equal(400, bad.Status);
    }

    [Fact]
    public async Task Lists_and_packages_are_written_for_programs()
    {
        JsonNode models = JsonNode.Parse(await OkAsync("model", "list", "-o", "json"))!;
        Assert.Equal("bearing", models["items"]![0]!["name"]!.GetValue<string>());
        JsonNode packages = JsonNode.Parse(await OkAsync("model", "list", "bearing", "-o", "json"))!;
        Assert.Equal(2, packages["items"]!.AsArray().Count);
        JsonNode shown = JsonNode.Parse(await OkAsync("model", "show", "bearing:v1", "-o", "json"))!;
        Assert.Equal("model.onnx", shown["manifest"]!["variants"]![0]!["entryFile"]!.GetValue<string>());
        string yaml = await OkAsync("model", "show", "bearing:v1", "-o", "yaml");
        Assert.Contains($"digest: \"{_one}\"", yaml, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Content_that_no_package_holds_is_counted_and_removed()
    {
        Assert.Matches(
            @"^WOULD GO\s+FILES\s+BYTES\nchunks that no package holds\s+0\s+0 B\n",
            await OkAsync("model", "gc", "--dry-run"));
        string verified = await OkAsync("model", "gc", "--verify");
        Assert.Contains("4 chunks checked, 0 damaged", verified, StringComparison.Ordinal);
        string json = await OkAsync("model", "gc", "--dry-run", "-o", "json");
        Assert.Contains("\"dryRun\": true", json, StringComparison.Ordinal);
    }

    private async Task<string> OkAsync(params string[] arguments)
    {
        CliResult result = await _cli.RunAsync(arguments);
        Assert.True(result.Exit == ExitCodes.Ok, $"kedge {string.Join(' ', arguments)}: {result.Exit}\n{result.All}");
        return result.Out;
    }
}
