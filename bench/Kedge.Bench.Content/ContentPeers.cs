using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text.RegularExpressions;
using Kedge.Tests.Fleet;

namespace Kedge.Bench.Content;

/// <summary>
/// The same files by the tools of today. Counted is what each must send: rsync by its own protocol over loopback,
/// casync
/// by the index and the chunks that the receiver lacks, xdelta3 and zstd by the file that they make. None of these
/// figures has a transport around it, nor anything that says who made the file.
/// </summary>
internal sealed partial class ContentPeers(string folder)
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(10);

    /// <summary>Bytes and seconds of each peer, in the order of a table.</summary>
    public async Task<IReadOnlyList<(string Peer, double Bytes, double Seconds)>> MeasureAsync(Scenario scenario)
    {
        string? before = scenario.Base?.File;
        string target = scenario.Target.File;
        List<(string, double, double)> found = [];
        await AddAsync("rsync", () => RsyncAsync(before, target));
        await AddAsync("casync", () => CasyncAsync(before, target));
        await AddAsync("xdelta3", () => XdeltaAsync(before, target));
        await AddAsync("zstd", () => ZstdAsync(null, target));
        if (before is not null)
        {
            await AddAsync("zstd-patch-from", () => ZstdAsync(before, target));
        }

        return found;

        async Task AddAsync(string peer, Func<Task<double>> run)
        {
            long start = TimeProvider.System.GetTimestamp();
            double bytes = await run();
            found.Add((peer, bytes, TimeProvider.System.GetElapsedTime(start).TotalSeconds));
        }
    }

    /// <summary>Names the peers in a report.</summary>
    public static async Task<(string Name, string Value)[]> VersionsAsync() =>
    [
        ("rsync", First(await CommandResult.RunAsync("rsync", ["--version"]))),
        ("casync", First(await CommandResult.RunAsync("casync", ["--version"]))),
        ("xdelta3", First(await CommandResult.RunAsync("xdelta3", ["-V"]))),
        ("zstd", First(await CommandResult.RunAsync("zstd", ["--version"]))),
    ];

    private static string First(CommandResult result) => (result.Output + result.Error).Trim().Split('\n')[0].Trim();

    private async Task<double> ZstdAsync(string? before, string target)
    {
        string into = Fresh("target.zst");
        string[] from = before is null ? [] : [$"--patch-from={before}"];
        await RunAsync("zstd", ["-q", "-19", "--long=27", .. from, "-o", into, target]);
        return new FileInfo(into).Length;
    }

    private async Task<double> XdeltaAsync(string? before, string target)
    {
        string into = Fresh("target.vcdiff");
        string[] from = before is null ? [] : ["-s", before];
        await RunAsync("xdelta3", ["-9", "-S", "lzma", "-B", "268435456", "-e", .. from, target, into]);
        return new FileInfo(into).Length;
    }

    private async Task<double> CasyncAsync(string? before, string target)
    {
        string there = Fresh("there.castr");
        string here = Fresh("here.castr");
        if (before is not null)
        {
            await RunAsync("casync", ["make", $"--store={here}", Path.Combine(folder, "here.caibx"), before]);
        }

        string index = Path.Combine(folder, "there.caibx");
        await RunAsync("casync", ["make", $"--store={there}", index, target]);
        HashSet<string> had = Directory.Exists(here)
            ? [.. Directory.EnumerateFiles(here, "*.cacnk", SearchOption.AllDirectories)
                .Select(f => Path.GetFileName(f))]
            : [];
        return new FileInfo(index).Length + Directory
            .EnumerateFiles(there, "*.cacnk", SearchOption.AllDirectories)
            .Where(chunk => !had.Contains(Path.GetFileName(chunk)))
            .Sum(chunk => new FileInfo(chunk).Length);
    }

    private async Task<double> RsyncAsync(string? before, string target)
    {
        string served = Fresh("rsync-there");
        string kept = Fresh("rsync-here");
        Directory.CreateDirectory(served);
        Directory.CreateDirectory(kept);
        File.Copy(target, Path.Combine(served, "model"));
        if (before is not null)
        {
            File.Copy(before, Path.Combine(kept, "model"));
        }

        int port = FreePort();
        string config = Path.Combine(folder, "rsyncd.conf");
        await File.WriteAllTextAsync(
            config, $"use chroot = no\nuid = root\ngid = root\n[there]\npath = {served}\nread only = yes\n");
        using OwnedProcess daemon = OwnedProcess.Start(
            "rsync",
            [
                "--daemon", "--no-detach", "--address=127.0.0.1",
                string.Create(CultureInfo.InvariantCulture, $"--port={port}"), $"--config={config}",
            ],
            new Dictionary<string, string>(), Path.Combine(folder, "rsyncd.log"));
        try
        {
            await Until.TrueAsync(
                () => Task.FromResult(Answers(port)),
                TimeSpan.FromSeconds(20), () => Task.FromResult(daemon.LogTail()));
            CommandResult result = (await CommandResult.RunAsync(
                "rsync",
                [
                    "--ignore-times", "--no-whole-file", "--compress", "--compress-choice=zstd", "--compress-level=19",
                    "--stats",
                    string.Create(CultureInfo.InvariantCulture, $"rsync://127.0.0.1:{port}/there/model"),
                    Path.Combine(kept, "model"),
                ],
                deadline: Patience)).MustSucceed();
            return Number(result.Output, Received()) + Number(result.Output, Sent());
        }
        finally
        {
            await daemon.StopAsync(TimeSpan.FromSeconds(5));
        }
    }

    private static double Number(string text, Regex pattern) => double.Parse(
        pattern.Match(text).Groups[1].Value.Replace(",", "", StringComparison.Ordinal), CultureInfo.InvariantCulture);

    private static bool Answers(int port)
    {
        using Socket socket = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            socket.Connect(IPAddress.Loopback, port);
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }

    private static int FreePort()
    {
        using Socket socket = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        return ((IPEndPoint)socket.LocalEndPoint!).Port;
    }

    private static async Task RunAsync(string program, string[] arguments) =>
        (await CommandResult.RunAsync(program, arguments, deadline: Patience)).MustSucceed();

    private string Fresh(string name)
    {
        string path = Path.Combine(folder, name);
        if (Directory.Exists(path))
        {
            Directory.Delete(path, recursive: true);
        }

        File.Delete(path);
        return path;
    }

    [GeneratedRegex("Total bytes received: ([0-9,]+)")]
    private static partial Regex Received();

    [GeneratedRegex("Total bytes sent: ([0-9,]+)")]
    private static partial Regex Sent();
}
