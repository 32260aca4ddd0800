using System.Diagnostics;

namespace Kedge.Content.Tests.Support;

/// <summary>
/// Data from elsewhere that lies beside the checkout, or where KEDGE_SHARED_DATA says. Never in the project.
/// </summary>
internal static class SharedFiles
{
    /// <summary>The folder; null when there is none.</summary>
    public static string? Folder { get; } = Find();

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

    private static string? Find()
    {
        if (Environment.GetEnvironmentVariable("KEDGE_SHARED_DATA") is { Length: > 0 } given)
        {
            return Directory.Exists(given) ? given : null;
        }

        for (DirectoryInfo? at = new(AppContext.BaseDirectory); at is not null; at = at.Parent)
        {
            string beside = Path.Combine(at.FullName, "shared", "data");
            if (Directory.Exists(Path.Combine(beside, "onnx-conformance")))
            {
                return beside;
            }
        }

        return null;
    }
}
