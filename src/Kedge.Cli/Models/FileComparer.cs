using System.Collections.Immutable;
using System.Globalization;
using Kedge.Cli.Output;
using Kedge.Cli.Running;
using Kedge.Content.Delta;
using Kedge.Content.Formats;
using Kedge.Core;
using Kedge.Core.Models;

namespace Kedge.Cli.Models;

/// <summary>
/// Compares files of two packages that changed, in a folder that is gone afterwards: both are fetched, their tensors
/// held against each other, and the difference is made that the server would send.
/// </summary>
internal sealed class FileComparer(Session session, PackageManifest before, PackageManifest after) : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("kedge-diff-").FullName;
    private readonly PushFiles _files = new(CancellationToken.None);

    /// <summary>Compares every file that changed.</summary>
    public async Task<ImmutableArray<FileComparison>> RunAsync(
        ImmutableArray<FileChange> changes, CancellationToken ct)
    {
        FileChange[] changed =
            [.. changes.Where(static change => change.Kind == "changed" && change.Variant.Length > 0)];
        PackageFile[] wanted = [.. changed
            .SelectMany(change => (PackageFile?[])
                [change.Before, change.After, Entry(before, change), Entry(after, change)])
            .OfType<PackageFile>()
            .DistinctBy(static file => file.Digest)];
        long total = wanted.Sum(static file => file.Bytes);
        string title = string.Create(
            CultureInfo.InvariantCulture, $"fetching {wanted.Length} files, {Ages.Bytes(total)}");
        await ProgressLine.RunAsync(session.World, title, total, async advance =>
        {
            foreach (PackageFile file in wanted)
            {
                FileStream stream = new(PathOf(file), FileMode.CreateNew, FileAccess.Write, FileShare.None, 1, true);
                await using (stream.ConfigureAwait(false))
                {
                    await new ServerFile(session.Client, file).CopyToAsync(stream, advance, ct).ConfigureAwait(false);
                }
            }
        }).ConfigureAwait(false);
        return [.. changed.Select(change => Compare(change, ct))];
    }

    public void Dispose()
    {
        _files.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    private string PathOf(PackageFile file) => Path.Combine(_folder, file.Digest.Hex);

    private FileComparison Compare(FileChange change, CancellationToken ct)
    {
        DeltaFile one = Open(before, change, change.Before);
        DeltaFile other = Open(after, change, change.After);
        long delta = 0;
        using (DeltaEncoder encoder = new(other, one))
        {
            delta = encoder.FrontBytes;
            while (!encoder.IsDone)
            {
                ct.ThrowIfCancellationRequested();
                delta += encoder.Next().Length;
            }
        }

        return new FileComparison(
            change, delta, TensorChange.Compare((one.File, one.Tensors), (other.File, other.Tensors), ct));
    }

    private DeltaFile Open(PackageManifest manifest, FileChange change, PackageFile? file)
    {
        Check.That(file is not null);
        ModelFile content = Open(file);
        TensorMap map = TensorMaps.Of(content);
        if (map.Spans.IsEmpty && Entry(manifest, change) is { } entry && entry.Digest != file.Digest)
        {
            map = TensorMaps.Beside(content, Open(entry));
        }

        return new DeltaFile(file.Digest, content, map, file.Chunks);
    }

    private ModelFile Open(PackageFile file) =>
        _files.Open(PathOf(file)) with { Name = file.Path[(file.Path.LastIndexOf('/') + 1)..] };

    private static PackageFile? Entry(PackageManifest manifest, FileChange change)
    {
        ModelVariant? variant = manifest.Variants.FirstOrDefault(one => one.Name == change.Variant);
        return variant?.Files.FirstOrDefault(file => file.Path == variant.EntryFile);
    }
}
