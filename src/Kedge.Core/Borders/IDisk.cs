using System.Collections.Immutable;

namespace Kedge.Core.Borders;

/// <summary>
/// A tree of files under some root. Problem: what a device must not forget has to survive a power cut at any write, and
/// the inventory has to be read from this machine or from a captured tree. Approach: the few calls that durability is
/// made of, low enough that a driver in memory can cut power between any two of them.
/// Invariants: paths are relative to the root, joined by <c>/</c>, without <c>.</c> and <c>..</c>; the empty path is
/// the
/// root. Written bytes survive a cut once <see cref="IDiskFile.Sync"/> returned, a new, renamed or deleted name once
/// <see cref="SyncFolder"/> of its folder did; before that all, some or none of it may. A rename replaces its target
/// in one step: after a cut the old file or the new one is there, never neither.
/// Every call throws <see cref="DiskException"/> for what a caller can expect, and calls are made from any thread, but
/// by one writer per path.
/// </summary>
public interface IDisk
{
    /// <summary>The whole of a file; also of one whose length the kernel gives as 0 (proc(5)).</summary>
    /// <param name="path">The file.</param>
    /// <param name="bytesMax">Most bytes, else <see cref="DiskFault.TooLarge"/>.</param>
    byte[] Read(string path, int bytesMax);

    /// <summary>Fills a buffer from a place in a file.</summary>
    /// <param name="path">The file.</param>
    /// <param name="offset">First byte, from 0.</param>
    /// <param name="buffer">Where the bytes go.</param>
    /// <returns>Bytes read: fewer than the buffer holds only at the end of the file.</returns>
    int ReadAt(string path, long offset, Span<byte> buffer);

    /// <summary>Length of a file in bytes; null when there is no such file.</summary>
    long? Length(string path);

    /// <summary>Names in a folder, files and folders, in ordinal order; empty when there is no such folder.</summary>
    ImmutableArray<DiskEntry> List(string folder);

    /// <summary>Makes a folder and those above it; nothing happens when it is there.</summary>
    void CreateFolder(string path);

    /// <summary>Opens a file to write to it; makes it when it is not there.</summary>
    /// <param name="path">The file; its folder must be there.</param>
    /// <param name="opening">What becomes of bytes that are there.</param>
    IDiskFile Open(string path, DiskOpening opening);

    /// <summary>Renames a file; one that stands at <paramref name="to"/> is replaced in the same step.</summary>
    void Rename(string from, string to);

    /// <summary>Deletes a file; nothing happens when it is not there.</summary>
    void Delete(string path);

    /// <summary>Deletes a folder with all that is in it; nothing happens when it is not there.</summary>
    void DeleteFolder(string path);

    /// <summary>Makes names that were made, renamed or deleted in a folder survive a cut.</summary>
    void SyncFolder(string path);

    /// <summary>Bytes that can still be written below a path, be its folder there yet or not.</summary>
    long FreeBytes(string path);
}

/// <summary>A file open for writing. Disposing closes it and does not sync.</summary>
public interface IDiskFile : IDisposable
{
    /// <summary>Bytes in the file.</summary>
    long Length { get; }

    /// <summary>
    /// Appends bytes. After a failure any part of them may be there: <see cref="Truncate"/> to mend it.
    /// </summary>
    void Write(ReadOnlySpan<byte> bytes);

    /// <summary>Cuts the file to a length not above the present one.</summary>
    void Truncate(long length);

    /// <summary>Makes what was written survive a cut (fsync(2)).</summary>
    void Sync();
}

/// <summary>What becomes of bytes that are in a file already.</summary>
public enum DiskOpening
{
    /// <summary>Not a valid value.</summary>
    Unknown = 0,

    /// <summary>The file starts empty.</summary>
    Create = 1,

    /// <summary>Bytes go behind those that are there.</summary>
    Append = 2,
}

/// <summary>One name in a folder.</summary>
/// <param name="Name">Without its folder.</param>
/// <param name="IsFolder">True for a folder, also through a symbolic link.</param>
public sealed record DiskEntry(string Name, bool IsFolder);
