using System.Buffers;
using Kedge.Core;
using Kedge.Inference.Protocol;

namespace Kedge.Inference.Tests.Protocol;

public sealed class RentedOutputTests
{
    [Fact]
    public void What_was_written_is_there_however_often_it_grew()
    {
        using RentedOutput output = new(firstBytes: 1);
        List<byte> expected = [];
        for (int length = 0; length < 3000; length += 7)
        {
            byte[] piece = [.. Enumerable.Range(0, length).Select(i => (byte)(length + i))];
            output.Write(piece);
            expected.AddRange(piece);
        }

        Assert.Equal(expected.Count, output.Count);
        Assert.Equal(expected, output.Written.ToArray());
    }

    [Fact]
    public void Room_is_as_much_as_was_asked_for()
    {
        using RentedOutput output = new(firstBytes: 16);
        output.Write("abc"u8);
        Assert.True(output.GetSpan().Length >= 1);
        Assert.True(output.GetMemory(5000).Length >= 5000);
        Assert.Equal("abc"u8.ToArray(), output.Written.ToArray());
        int room = output.GetMemory().Length;
        output.Advance(room);
        _ = Assert.Throws<InvariantException>(() => output.Advance(1));
        _ = Assert.Throws<InvariantException>(() => output.Advance(-1));
    }

    [Fact]
    public void Long_memory_is_given_back_and_short_memory_is_kept()
    {
        using RentedOutput output = new(firstBytes: 16);
        output.Write(new byte[100_000]);
        output.Trim(keepBytesMax: 200_000);
        Assert.Equal(0, output.Count);
        Assert.True(output.GetMemory().Length >= 100_000);
        output.Trim(keepBytesMax: 1000);
        Assert.True(output.GetMemory().Length < 1000);
        output.Write("again"u8);
        Assert.Equal("again"u8.ToArray(), output.Written.ToArray());
    }

    [Fact]
    public void Long_answers_one_after_the_other_take_the_same_memory()
    {
        using RentedOutput output = new(firstBytes: 1024);
        byte[] answer = new byte[1_000_000];
        long before = 0;
        for (int i = 0; i < 20; i++)
        {
            before = i == 1 ? GC.GetAllocatedBytesForCurrentThread() : before;
            output.Write(answer);
            output.Trim(keepBytesMax: 1000);
        }

        long allocated = GC.GetAllocatedBytesForCurrentThread() - before;
        Assert.True(allocated < answer.Length / 2, $"{allocated} bytes");
    }
}
