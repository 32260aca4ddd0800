using Kedge.ControlPlane.Tests.Server;

namespace Kedge.ControlPlane.Tests.Cli;

/// <summary>Sites on the command line.</summary>
public sealed class SiteCommandTests : IAsyncLifetime, IDisposable
{
    private readonly CliRun _cli = new();
    private TestServer _server = null!;

    public async Task InitializeAsync()
    {
        _server = await TestServer.StartAsync(o => o with { ContextFile = _cli.ConfigPath });
        Kedge.Api.ContextDocument.Load(_cli.ConfigPath).With(_server.Context).Save(_cli.ConfigPath);
    }

    public async Task DisposeAsync() => await _server.DisposeAsync();

    public void Dispose() => _cli.Dispose();

    [Fact]
    public async Task A_site_is_applied_shown_described_and_deleted()
    {
        await using TestDevice device = await _server.EnrolAsync("press-1", ("site", "lyon"));
        string file = _cli.Write("lyon.yaml", Core.Manifests.ManifestKinds.Find("Site")!.Example);
        Assert.Equal("site/lyon created\n", await OkAsync("apply", "-f", file));
        Assert.Equal("site/lyon unchanged\n", await OkAsync("apply", "-f", file));
        Assert.Matches(
            @"^lyon\s+2Mi/s\s+256Ki/s\s+2\s+Europe/Paris\s", await OkAsync("get", "sites", "--no-headers"));

        string yaml = await OkAsync("get", "site/lyon", "-o", "yaml");
        Assert.Equal("site/lyon unchanged\n", await OkAsync("apply", "-f", _cli.Write("again.yaml", yaml)));

        string told = await OkAsync("describe", "site", "lyon");
        Assert.Matches(@"(?m)^Devices:\s+1$", told);
        Assert.Matches(@"(?m)^Window:\s+mon,tue,wed,thu,fri 22:00-06:00 20Mi$", told);
        Assert.Matches(@"(?m)^Window:\s+sat,sun 00:00-24:00 no limit$", told);
        Assert.Matches(@"(?m)^Limit now:\s+(2Mi/s|20Mi/s|none)$", told);

        Assert.Equal("site/lyon deleted\n", await OkAsync("delete", "-f", file));
        Assert.Equal("", await OkAsync("get", "sites", "-o", "name"));
    }

    private async Task<string> OkAsync(params string[] arguments)
    {
        (int status, string output, string errors) = await _cli.RunAsync(arguments);
        Assert.True(status == 0, $"kedge {string.Join(' ', arguments)}: {status}\n{output}{errors}");
        return output;
    }
}
