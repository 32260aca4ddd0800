using System.Diagnostics;

namespace Kedge.EndToEnd.Packaging;

/// <summary>The package of the agent, built from what is published and installed for real in an overlay.</summary>
public sealed class DebianPackageTests
{
    private static readonly TimeSpan Deadline = TimeSpan.FromMinutes(5);
    private static readonly string Root = FindRoot();

    [Fact]
    public async Task Debian_package_installs_removes_and_purges()
    {
        string built = await OutputOfAsync("deploy/deb/build");
        string package = built.Split('\n').Last(line => line.StartsWith("out/deb/", StringComparison.Ordinal))
            .Split(':')[0];

        string tried = await OutputOfAsync("deploy/deb/try", package);

        Assert.Contains("installed, removed, installed again and purged", tried, StringComparison.Ordinal);
    }

    /// <summary>What a script prints; fails with all of it unless the script succeeds before the deadline.</summary>
    private static async Task<string> OutputOfAsync(string script, params string[] arguments)
    {
        ProcessStartInfo start = new(Path.Combine(Root, script), arguments)
        {
            WorkingDirectory = Root,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        using Process process = Process.Start(start) ?? throw new InvalidOperationException($"{script} did not start");
        using CancellationTokenSource deadline = new(Deadline);
        try
        {
            Task<string> errors = process.StandardError.ReadToEndAsync(deadline.Token);
            string output = await process.StandardOutput.ReadToEndAsync(deadline.Token);
            await process.WaitForExitAsync(deadline.Token);
            Assert.True(process.ExitCode == 0, $"{script} ended with {process.ExitCode}:\n{output}\n{await errors}");
            return output;
        }
        finally
        {
            if (!process.HasExited)
            {
                process.Kill(entireProcessTree: true);
            }
        }
    }

    private static string FindRoot()
    {
        DirectoryInfo? folder = new(AppContext.BaseDirectory);
        while (folder is not null && !File.Exists(Path.Combine(folder.FullName, "Kedge.slnx")))
        {
            folder = folder.Parent;
        }

        return folder?.FullName ?? throw new DirectoryNotFoundException("no Kedge.slnx above the tests");
    }
}
