using System.Diagnostics;
using System.Text.RegularExpressions;
using Kedge.Api;
using Kedge.Api.Resources;
using Kedge.ControlPlane.Auth;

namespace Kedge.ControlPlane.Tests.Server;

/// <summary>The server as a process that is killed: what was answered is there afterwards.</summary>
public sealed partial class KillTests
{
    [Fact]
    public async Task What_was_answered_before_a_kill_is_there_after_it()
    {
        string folder = Directory.CreateTempSubdirectory("kedge-kill-").FullName;
        using CancellationTokenSource limit = new(TimeSpan.FromMinutes(2));
        CancellationToken ct = limit.Token;
        try
        {
            List<string> tokens = [];
            for (int round = 0; round < 3; round++)
            {
                using Process server = Start(folder);
                try
                {
                    string address = await AddressOfAsync(server, ct);
                    KedgeContext context = ContextDocument.Load(Path.Combine(folder, "contexts.json")).Find()!;
                    using KedgeClient client = new(context with { Server = address });
                    ResourceList<EnrollmentTokenResource> kept = await client.ListEnrollmentTokensAsync(ct);
                    Assert.Equal(tokens.Order(), kept.Items.Select(t => t.Name).Order());
                    for (int i = 0; i < 5; i++)
                    {
                        tokens.Add((await client.CreateEnrollmentTokenAsync(new EnrollmentTokenRequest(), ct)).Name);
                    }
                }
                finally
                {
                    server.Kill(); // SIGKILL, right after the last answer
                    await server.WaitForExitAsync(ct);
                }
            }

            Assert.Equal(15, tokens.Count);
            Assert.True(File.Exists(new ServerPaths(Path.Combine(folder, "data")).Complete));
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static Process Start(string folder)
    {
        ProcessStartInfo start = new("dotnet") { RedirectStandardOutput = true, RedirectStandardError = true };
        string[] arguments =
        [
            Path.Combine(AppContext.BaseDirectory, "kedge.dll"), "server",
            "--data", Path.Combine(folder, "data"), "--owner", Path.Combine(folder, "owner"),
            "--listen", "127.0.0.1:0", "--link-listen", "127.0.0.1:0",
            "--advertise", "127.0.0.1",
        ];
        foreach (string argument in arguments)
        {
            start.ArgumentList.Add(argument);
        }

        start.Environment["KEDGE_CONFIG"] = Path.Combine(folder, "contexts.json");
        Process process = Process.Start(start)!;
        process.BeginErrorReadLine();
        return process;
    }

    private static async Task<string> AddressOfAsync(Process server, CancellationToken ct)
    {
        List<string> said = [];
        while (await server.StandardOutput.ReadLineAsync(ct) is string line)
        {
            said.Add(line);
            if (Address().Match(line) is { Success: true } match)
            {
                return match.Value;
            }
        }

        Assert.Fail($"the server said: {string.Join('\n', said)}");
        return "";
    }

    [GeneratedRegex(@"https://[a-z0-9.]+:\d+")]
    private static partial Regex Address();
}
