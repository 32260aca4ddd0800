using System.Formats.Tar;
using System.IO.Compression;
using Kedge.Tests.Fleet;

namespace Kedge.EndToEnd.Packaging;

/// <summary>An archive that <c>./dev portable</c> made, unpacked for as long as a test lasts.</summary>
internal sealed class PortableArchive : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("kedge-portable-").FullName;

    public PortableArchive(string architecture)
    {
        string made = Path.Combine(Programs.Find(AppContext.BaseDirectory).Root, "out/portable");
        string archive = Assert.Single(Directory.GetFiles(made, $"kedge-*-linux-{architecture}.tar.gz"));
        using (FileStream file = File.OpenRead(archive))
        using (GZipStream plain = new(file, CompressionMode.Decompress))
        {
            TarFile.ExtractToDirectory(plain, _folder, overwriteFiles: false);
        }

        Root = Assert.Single(Directory.GetDirectories(_folder));
        Data = Directory.CreateDirectory(Path.Combine(_folder, "data")).FullName;
    }

    public string Root { get; }

    public string Data { get; }

    public string Agent => Path.Combine(Root, "kedge-agent/kedge-agent");

    public string Serve => Path.Combine(Root, "kedge-serve/kedge-serve");

    public string RuntimeLibrary => Path.Combine(Root, "kedge-serve/libonnxruntime.so.1");

    public void Dispose() => Directory.Delete(_folder, recursive: true);
}
