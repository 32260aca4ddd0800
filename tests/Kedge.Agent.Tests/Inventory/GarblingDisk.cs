using System.Collections.Immutable;
using Kedge.Core.Borders;

namespace Kedge.Agent.Tests.Inventory;

/// <summary>A disk on which every read may be cut, garbled, oversized or refused, as the seed says.</summary>
internal sealed class GarblingDisk(IDisk inner, int seed) : IDisk
{
    private static readonly DiskFault[] Faults =
        [DiskFault.Absent, DiskFault.Denied, DiskFault.TooLarge, DiskFault.Failed];

    private static readonly string[] StrangeNames =
        ["cpu99999999999", "cpu-1", "cpu", "node7", "card9", "card0 ", "accel3", "apex_", "apex_77", "hailo0", "rknpu",
         "thermal_zone4000", "nvhost-gpu", "BAT\u00e9\u0001", "sd\ud83d\ude00", new string('x', 255),
         "unified", "memory"];

    private readonly Random _random = new(seed);

    public byte[] Read(string path, int bytesMax)
    {
        MayFail(path);
        byte[] bytes = Garbled(inner.Read(path, bytesMax));
        return bytes.Length <= bytesMax ? bytes : throw new DiskException(DiskFault.TooLarge, path);
    }

    public int ReadAt(string path, long offset, Span<byte> buffer)
    {
        MayFail(path);
        int count = inner.ReadAt(path, offset, buffer);
        _random.NextBytes(buffer[..(count / 2)]);
        return count;
    }

    public long? Length(string path)
    {
        MayFail(path);
        return inner.Length(path);
    }

    public ImmutableArray<DiskEntry> List(string folder)
    {
        MayFail(folder);
        IEnumerable<DiskEntry> entries = inner.List(folder).Where(_ => _random.Next(20) > 0);
        return _random.Next(4) > 0
            ? [.. entries]
            : [.. entries.Append(new DiskEntry(StrangeNames[_random.Next(StrangeNames.Length)], _random.Next(2) == 0))];
    }

    public void CreateFolder(string path) => inner.CreateFolder(path);

    public IDiskFile Open(string path, DiskOpening opening) => inner.Open(path, opening);

    public void Rename(string from, string to) => inner.Rename(from, to);

    public void Delete(string path) => inner.Delete(path);

    public void DeleteFolder(string path) => inner.DeleteFolder(path);

    public void SyncFolder(string path) => inner.SyncFolder(path);

    public long FreeBytes(string path)
    {
        MayFail(path);
        return inner.FreeBytes(path);
    }

    private void MayFail(string path)
    {
        if (_random.Next(25) == 0)
        {
            throw new DiskException(Faults[_random.Next(Faults.Length)], path);
        }
    }

    private byte[] Garbled(byte[] bytes)
    {
        switch (_random.Next(14))
        {
            case 0:
                return bytes[.._random.Next(bytes.Length + 1)];
            case 1:
                _random.NextBytes(bytes);
                return bytes;
            case 2:
                return [.. bytes.Select(b => _random.Next(8) == 0 ? (byte)_random.Next(256) : b)];
            case 3:
                return [.. bytes.Select(static b => char.IsAsciiDigit((char)b) ? (byte)'9' : b)];
            case 4:
                return [.. Enumerable.Repeat((byte)"9-,:= \n0x"[_random.Next(9)], _random.Next(6000))];
            case 5:
                return [.. bytes.TakeWhile(static b => b != '\n'), .. "99999999999999999999999"u8, .. bytes];
            case 6:
                return [.. "-"u8, .. bytes];
            default:
                return bytes;
        }
    }
}
