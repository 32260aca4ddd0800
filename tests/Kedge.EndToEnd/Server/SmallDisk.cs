using System.Diagnostics;

namespace Kedge.EndToEnd.Server;

/// <summary>A file system of its own with few bytes, which a test fills; needs root.</summary>
internal sealed class SmallDisk : IDisposable
{
    private const int DiskFull = 28; // ENOSPC
    private readonly string _parent = Directory.CreateTempSubdirectory("kedge-small-disk-").FullName;

    public SmallDisk(int mebibytes)
    {
        Folder = Directory.CreateDirectory(Path.Combine(_parent, "disk")).FullName;
        Run("mount", "-t", "tmpfs", "-o", $"size={mebibytes}m,mode=0700", "tmpfs", Folder);
    }

    /// <summary>The mounted folder.</summary>
    public string Folder { get; }

    /// <summary>A folder beside it, with room.</summary>
    public string Beside => _parent;

    private string Filler => Path.Combine(Folder, "filler");

    /// <summary>Takes every byte that is left.</summary>
    public void Fill()
    {
        using FileStream file = new(Filler, FileMode.Append, FileAccess.Write, FileShare.None, bufferSize: 0);
        foreach (int piece in new[] { 1 << 20, 4096, 1 })
        {
            byte[] bytes = new byte[piece];
            try
            {
                while (true)
                {
                    file.Write(bytes);
                }
            }
            catch (IOException e) when (e.HResult == DiskFull)
            {
                // No room for a piece of this size: smaller ones go on.
            }
        }
    }

    /// <summary>Gives back what <see cref="Fill"/> took.</summary>
    public void Free() => File.Delete(Filler);

    public void Dispose()
    {
        Run("umount", "--lazy", Folder); // what failed may hold it open
        Directory.Delete(_parent, recursive: true);
    }

    private static void Run(string program, params string[] arguments)
    {
        using Process process = Process.Start(
            new ProcessStartInfo(program, arguments) { RedirectStandardError = true })!;
        string errors = process.StandardError.ReadToEnd();
        process.WaitForExit();
        Assert.True(process.ExitCode == 0, $"{program} {string.Join(' ', arguments)}: {errors}");
    }
}
