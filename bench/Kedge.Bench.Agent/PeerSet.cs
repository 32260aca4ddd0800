using System.ComponentModel;
using System.Net.Sockets;
using Kedge.Bench.Common;
using Kedge.Tests.Fleet;

namespace Kedge.Bench.Agent;

/// <summary>Every peer that could be started here. One that could not is named in the report with the reason.</summary>
internal sealed class PeerSet : IAsyncDisposable
{
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(30);
    private readonly string _folder = Directory.CreateTempSubdirectory("kedge-peers-").FullName;
    private readonly List<Peer> _running = [];

    private PeerSet()
    {
    }

    public IReadOnlyList<Peer> Running => _running;

    public static async Task<PeerSet> StartAsync(BenchReport report)
    {
        PeerSet peers = new();
        foreach (PeerSpec spec in PeerSpec.All(peers._folder, PeerPackages.Root))
        {
            try
            {
                (string program, string version) = await PeerPackages.FindAsync(spec);
                peers._running.Add(await peers.StartAsync(spec, program));
                report.AddVersion(spec.Package, version);
            }
            catch (Exception e) when (e is InvalidOperationException or IOException or TimeoutException
                or Win32Exception)
            {
                report.Note($"{spec.Package}: not available: {e.Message.Trim()}");
            }
        }

        return peers;
    }

    public async ValueTask DisposeAsync()
    {
        foreach (Peer peer in _running)
        {
            await peer.Process.StopAsync(TimeSpan.FromSeconds(10));
            peer.Process.Dispose();
        }

        Directory.Delete(_folder, recursive: true);
    }

    private async Task<Peer> StartAsync(PeerSpec spec, string program)
    {
        foreach ((string file, string text) in spec.Files)
        {
            await File.WriteAllTextAsync(file, text);
        }

        Dictionary<string, string> environment = new()
        {
            ["LD_LIBRARY_PATH"] = PeerPackages.LibraryPath,
            ["CONTAINERS_CONF"] = Path.Combine(_folder, "containers.conf"),
        };
        long start = TimeProvider.System.GetTimestamp();
        OwnedProcess process = OwnedProcess.Start(
            program, spec.Arguments, environment, Path.Combine(_folder, spec.Package + ".log"));
        try
        {
            await Until.TrueAsync(
                () => IsTakingAsync(spec, process), Deadline, () => Task.FromResult(process.LogTail(3)), pollMs: 2);
            return new Peer(
                spec.Package, program, process, TimeProvider.System.GetElapsedTime(start).TotalMilliseconds);
        }
        catch
        {
            await process.StopAsync(TimeSpan.FromSeconds(5));
            process.Dispose();
            throw;
        }
    }

    private static async Task<bool> IsTakingAsync(PeerSpec spec, OwnedProcess process)
    {
        if (process.HasExited)
        {
            throw new InvalidOperationException($"it ended with {process.ExitCode}: {process.LogTail(3)}");
        }

        using Socket socket = new(spec.EndPoint.AddressFamily, SocketType.Stream, ProtocolType.Unspecified);
        await socket.ConnectAsync(spec.EndPoint);
        return true;
    }
}
