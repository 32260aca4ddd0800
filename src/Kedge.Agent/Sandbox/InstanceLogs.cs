using System.Text;
using Kedge.Agent.Native;
using Kedge.Core;
using Kedge.Core.Borders;
using Kedge.Core.Device;

namespace Kedge.Agent.Sandbox;

/// <summary>
/// Reads what instances wrote, and keeps the end of it when one ends: a log is wanted most after a crash, when the
/// instance's folder is gone.
/// </summary>
/// <param name="runFolder">Folder of this device's instances.</param>
internal sealed class InstanceLogs(string runFolder)
{
    private readonly string _lastFolder = Path.Combine(runFolder, "last");

    /// <summary>The last lines of the instance that ended last, then of the newest that is there.</summary>
    public LogOutcome Read(DeploymentId workload, int lines)
    {
        try
        {
            InstancePaths? newest = NewestOf(workload);
            byte[]? last = TailOf(LastFile(workload));
            if (newest is null && last is null)
            {
                return new LogOutcome.Missing();
            }

            byte[] now = newest is null
                ? []
                : Join(TailOf(newest.Output), TailOf(newest.Log + ".1"), TailOf(newest.Log));
            return new LogOutcome.Read(Lines(Join(last, now), lines));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return new LogOutcome.Failed(new Problem(AgentErrors.LogUnreadable.Code, $"'{workload}': {e.Message}"));
        }
    }

    /// <summary>Called when an instance has ended, before its folder is deleted. What cannot be kept is not.</summary>
    public void Keep(InstancePaths paths)
    {
        try
        {
            byte[] all = Join(TailOf(paths.Log + ".1"), TailOf(paths.Log), TailOf(paths.Output));
            if (all.Length == 0)
            {
                return;
            }

            _ = Directory.CreateDirectory(_lastFolder);
            _ = AgentLibc.ChangeMode(_lastFolder, 0x1C0); // 0700
            string file = LastFile(paths.Instance.Workload);
            string fresh = $"{file}.{paths.Instance.Number}";
            File.WriteAllBytes(fresh, all);
            File.Move(fresh, file, overwrite: true);
            Prune();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // A log that is lost never keeps an instance from being buried; asking for it says that there is none.
        }
    }

    private void Prune()
    {
        IEnumerable<FileInfo> newestFirst = new DirectoryInfo(_lastFolder).GetFiles()
            .OrderByDescending(static f => f.LastWriteTimeUtc);
        foreach (FileInfo oldest in newestFirst.Skip(AgentLimits.LastLogsMax).ToArray())
        {
            oldest.Delete();
        }
    }

    private string LastFile(DeploymentId workload) => Path.Combine(_lastFolder, $"{workload}.log");

    private InstancePaths? NewestOf(DeploymentId workload)
    {
        InstancePaths? newest = null;
        string all = InstancePaths.AllIn(runFolder);
        foreach (string folder in Directory.Exists(all) ? Directory.GetDirectories(all) : [])
        {
            if (InstanceId.TryParse(Path.GetFileName(folder), out InstanceId id) && id.Workload == workload
                && (newest is null || id.Number > newest.Instance.Number))
            {
                newest = new InstancePaths(runFolder, id);
            }
        }

        return newest;
    }

    /// <summary>The end of a file, from the start of a line; null when it is not there.</summary>
    private static byte[]? TailOf(string path)
    {
        byte[]? end = UntrustedFile.ReadEnd(path, AgentLimits.LogTailBytesMax, out bool isWhole);
        return end is null || isWhole ? end : end[(end.AsSpan().IndexOf((byte)'\n') + 1)..];
    }

    private static byte[] Join(params ReadOnlySpan<byte[]?> pieces)
    {
        using MemoryStream all = new();
        foreach (byte[]? piece in pieces)
        {
            if (piece is { Length: > 0 })
            {
                all.Write(piece);
                if (piece[^1] != '\n')
                {
                    all.WriteByte((byte)'\n');
                }
            }
        }

        byte[] joined = all.ToArray();
        if (joined.Length <= AgentLimits.LogTailBytesMax)
        {
            return joined;
        }

        byte[] end = joined[^AgentLimits.LogTailBytesMax..];
        return end[(end.AsSpan().IndexOf((byte)'\n') + 1)..];
    }

    private static string Lines(byte[] bytes, int lines)
    {
        int start = bytes.Length;
        while (start > 0 && lines-- > 0)
        {
            start = start < 2 ? 0 : bytes.AsSpan(0, start - 1).LastIndexOf((byte)'\n') + 1;
        }

        return Encoding.UTF8.GetString(bytes.AsSpan(start));
    }
}
