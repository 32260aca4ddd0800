using System.Diagnostics;

namespace Kedge.Inference.Tests.Conformance;

/// <summary>Archives of the shared data, unpacked for a test.</summary>
internal static class SharedCases
{
    public static string Checkout
    {
        get
        {
            DirectoryInfo? folder = new(AppContext.BaseDirectory);
            while (folder is not null && !File.Exists(Path.Combine(folder.FullName, "Kedge.slnx")))
            {
                folder = folder.Parent;
            }

            return folder?.FullName ?? throw new InvalidOperationException("The tests run outside of a checkout.");
        }
    }

    public static void Unpack(string archive, string into)
    {
        using Process tar = Process.Start(new ProcessStartInfo("tar", ["-xJf", archive, "-C", into]))!;
        tar.WaitForExit();
        Assert.Equal(0, tar.ExitCode);
    }
}
