using System.Diagnostics;

namespace Kedge.Content.Tests.Support;

/// <summary>Archives of the shared data, unpacked for a test.</summary>
internal static class SharedFiles
{
    /// <summary>Unpacks an archive into a fresh folder, which the caller deletes.</summary>
    public static DirectoryInfo Unpack(string archive)
    {
        DirectoryInfo target = Directory.CreateTempSubdirectory("kedge-content-");
        ProcessStartInfo start = new("tar", ["-xJf", archive, "-C", target.FullName]);
        using Process process = Process.Start(start) ?? throw new InvalidOperationException("tar did not start");
        process.WaitForExit();
        return process.ExitCode == 0
            ? target
            : throw new InvalidOperationException($"tar ended with {process.ExitCode}");
    }
}
