using System.Collections.Immutable;
using Kedge.Core;
using Kedge.Core.Borders;

namespace Kedge.Tests.Support.Disks;

/// <summary>
/// Counts the calls that change something and cuts power at one of them: of a write an arbitrary part has happened, any
/// other call has happened or not. From then on every call throws <see cref="PowerCutException"/>.
/// </summary>
/// <param name="inner">The disk that is written to; a <see cref="MemoryDisk"/> forgets what was not synced by its own
/// Cut.</param>
/// <param name="cutAt">Number of the changing call at which power goes, from 1; 0 for never.</param>
/// <param name="rng">Decides how much of that call has happened.</param>
public sealed class CuttingDisk(IDisk inner, long cutAt, Rng rng) : IDisk
{
    /// <summary>Changing calls so far.</summary>
    public long Changes { get; private set; }

    /// <summary>True once power is gone.</summary>
    public bool IsOff { get; private set; }

    public byte[] Read(string path, int bytesMax) => On().Read(path, bytesMax);

    public int ReadAt(string path, long offset, Span<byte> buffer) => On().ReadAt(path, offset, buffer);

    public long? Length(string path) => On().Length(path);

    public ImmutableArray<DiskEntry> List(string folder) => On().List(folder);

    public long FreeBytes(string path) => On().FreeBytes(path);

    public void CreateFolder(string path) => Change(() => inner.CreateFolder(path));

    public void Rename(string from, string to) => Change(() => inner.Rename(from, to));

    public void Delete(string path) => Change(() => inner.Delete(path));

    public void DeleteFolder(string path) => Change(() => inner.DeleteFolder(path));

    public void SyncFolder(string path) => Change(() => inner.SyncFolder(path));

    public IDiskFile Open(string path, DiskOpening opening)
    {
        IDiskFile? file = null;
        Change(() => file = inner.Open(path, opening));
        return new CuttingFile(this, file!);
    }

    private IDisk On() => IsOff ? throw new PowerCutException() : inner;

    private void Change(Action action)
    {
        _ = On();
        Changes++;
        if (Changes != cutAt)
        {
            action();
            return;
        }

        IsOff = true;
        if (rng.Below(2) == 0)
        {
            action();
        }

        throw new PowerCutException();
    }

    private sealed class CuttingFile(CuttingDisk disk, IDiskFile file) : IDiskFile
    {
        public long Length => file.Length;

        public void Write(ReadOnlySpan<byte> bytes)
        {
            byte[] copy = bytes.ToArray();
            int part = disk.Changes + 1 == disk.CutNumber ? disk.Part(copy.Length) : copy.Length;
            if (part < copy.Length && !disk.IsOff)
            {
                file.Write(copy.AsSpan(0, part));
                disk.Change(static () => { });
                return;
            }

            disk.Change(() => file.Write(copy));
        }

        public void Truncate(long length) => disk.Change(() => file.Truncate(length));

        public void Sync() => disk.Change(file.Sync);

        public void Dispose() => file.Dispose();
    }

    private long CutNumber => cutAt;

    private int Part(int bytes) => rng.Below(bytes + 1);
}
