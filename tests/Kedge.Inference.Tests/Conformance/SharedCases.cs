using System.Diagnostics;

namespace Kedge.Inference.Tests.Conformance;

/// <summary>The data that is too large to commit: KEDGE_SHARED_DATA, or shared/data beside the checkout.</summary>
internal static class SharedCases
{
    /// <summary>The folder of the conformance cases; null when this machine has none.</summary>
    public static string? OnnxConformance
    {
        get
        {
            string root = Environment.GetEnvironmentVariable("KEDGE_SHARED_DATA")
                ?? Path.Combine(Checkout, "..", "shared", "data");
            string folder = Path.GetFullPath(Path.Combine(root, "onnx-conformance"));
            return Directory.Exists(folder) ? folder : null;
        }
    }

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
