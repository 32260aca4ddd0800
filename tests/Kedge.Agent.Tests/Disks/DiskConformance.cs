using Kedge.Core.Borders;

namespace Kedge.Agent.Tests.Disks;

/// <summary>What every driver of the disk border does.</summary>
public abstract class DiskConformance
{
    protected abstract IDisk Disk { get; }

    [Fact]
    public void What_was_written_is_read_back_whole_and_in_part()
    {
        Disk.CreateFolder("a/b");
        Write("a/b/file", DiskOpening.Create, "hello "u8, "world"u8);
        Assert.Equal("hello world"u8.ToArray(), Disk.Read("a/b/file", 100));
        Assert.Equal(11, Disk.Length("a/b/file"));
        byte[] part = new byte[8];
        Assert.Equal(5, Disk.ReadAt("a/b/file", 6, part));
        Assert.Equal("world"u8.ToArray(), part[..5]);
        Assert.Equal(0, Disk.ReadAt("a/b/file", 100, part));
    }

    [Fact]
    public void Opening_to_append_keeps_what_is_there_and_opening_to_create_does_not()
    {
        Write("file", DiskOpening.Append, "one"u8);
        Write("file", DiskOpening.Append, "two"u8);
        Assert.Equal("onetwo"u8.ToArray(), Disk.Read("file", 100));
        Write("file", DiskOpening.Create, "three"u8);
        Assert.Equal("three"u8.ToArray(), Disk.Read("file", 100));
    }

    [Fact]
    public void A_file_is_cut_back_and_written_on()
    {
        using (IDiskFile file = Disk.Open("file", DiskOpening.Create))
        {
            file.Write("hello world"u8);
            file.Truncate(5);
            Assert.Equal(5, file.Length);
            file.Write("!"u8);
            file.Sync();
        }

        Assert.Equal("hello!"u8.ToArray(), Disk.Read("file", 100));
    }

    [Fact]
    public void A_rename_replaces_its_target()
    {
        Write("old", DiskOpening.Create, "old"u8);
        Write("new", DiskOpening.Create, "new"u8);
        Disk.Rename("new", "old");
        Disk.SyncFolder("");
        Assert.Equal("new"u8.ToArray(), Disk.Read("old", 100));
        Assert.Null(Disk.Length("new"));
    }

    [Fact]
    public void Names_are_listed_in_order_with_their_kind()
    {
        Disk.CreateFolder("f/z");
        Write("f/a", DiskOpening.Create);
        Write("f/Z", DiskOpening.Create);
        Assert.Equal(
            [new DiskEntry("Z", false), new DiskEntry("a", false), new DiskEntry("z", true)],
            Disk.List("f").AsEnumerable());
        Assert.Empty(Disk.List("absent"));
    }

    [Fact]
    public void Deleting_is_done_once_and_no_error_twice()
    {
        Disk.CreateFolder("f/g");
        Write("f/g/a", DiskOpening.Create, "x"u8);
        Disk.Delete("f/g/a");
        Disk.Delete("f/g/a");
        Disk.Delete("nowhere/a");
        Assert.Empty(Disk.List("f/g"));
        Write("f/g/b", DiskOpening.Create, "x"u8);
        Disk.DeleteFolder("f");
        Disk.DeleteFolder("f");
        Assert.Null(Disk.Length("f/g/b"));
        Assert.Empty(Disk.List(""));
    }

    [Fact]
    public void What_is_absent_or_too_large_is_said()
    {
        Assert.Null(Disk.Length("absent"));
        Assert.Equal(DiskFault.Absent, Fault(() => Disk.Read("absent", 1)));
        Assert.Equal(DiskFault.Absent, Fault(() => Disk.Open("absent/file", DiskOpening.Create)));
        Assert.Equal(DiskFault.Absent, Fault(() => Disk.SyncFolder("absent")));
        Assert.Equal(DiskFault.Absent, Fault(() => Disk.Rename("absent", "other")));
        Write("file", DiskOpening.Create, "hello"u8);
        Assert.Equal(DiskFault.TooLarge, Fault(() => Disk.Read("file", 4)));
        Assert.True(Disk.FreeBytes("") > 0);
        Assert.True(Disk.FreeBytes("not/made/yet") > 0);
    }

    private static DiskFault Fault(Action action) => Assert.Throws<DiskException>(action).Fault;

    private void Write(string path, DiskOpening opening, params ReadOnlySpan<byte[]> parts)
    {
        using IDiskFile file = Disk.Open(path, opening);
        foreach (byte[] part in parts)
        {
            file.Write(part);
        }
    }

    private void Write(string path, DiskOpening opening, ReadOnlySpan<byte> one) => Write(path, opening, one.ToArray());

    private void Write(string path, DiskOpening opening, ReadOnlySpan<byte> one, ReadOnlySpan<byte> two) =>
        Write(path, opening, one.ToArray(), two.ToArray());
}
