using System.Collections.Immutable;
using System.Globalization;
using Kedge.Cli.Output;
using Kedge.Cli.Running;
using Kedge.Oci;
using Kedge.Oci.ModelPack;

namespace Kedge.Cli.Models;

/// <summary>
/// A folder for the files of an artifact, which is gone afterwards. Paths were checked when the manifest was read; what
/// is written is checked against its digest before anything reads it.
/// </summary>
internal sealed class ImportFolder : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("kedge-import-").FullName;

    /// <summary>Bytes that were fetched.</summary>
    public long FetchedBytes { get; private set; }

    /// <summary>Where a file is once it was fetched.</summary>
    public string PathOf(PackedLayer file) => Path.Combine(_folder, file.Path);

    /// <summary>Fetches files.</summary>
    public async Task FetchAsync(
        Session session, IArtifactStore store, ImmutableArray<PackedLayer> files, CancellationToken ct)
    {
        long total = files.Sum(static file => file.Blob.Bytes);
        string title = string.Create(
            CultureInfo.InvariantCulture, $"fetching {files.Length} files, {Ages.Bytes(total)}");
        await ProgressLine.RunAsync(session.World, title, total, async advance =>
        {
            foreach (PackedLayer file in files)
            {
                string path = PathOf(file);
                Directory.CreateDirectory(Path.GetDirectoryName(path) ?? _folder);
                FileStream stream = new(path, FileMode.CreateNew, FileAccess.Write, FileShare.None, 1, true);
                await using (stream.ConfigureAwait(false))
                {
                    await store.GetBlobAsync(file.Blob, stream, ct).ConfigureAwait(false);
                }

                advance(file.Blob.Bytes);
            }
        }).ConfigureAwait(false);
        FetchedBytes += total;
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);
}
