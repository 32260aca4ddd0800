using System.IO.Pipelines;
using System.Text;
using Kedge.ModelServer.Http;
using Microsoft.AspNetCore.Connections;

namespace Kedge.Inference.Tests.Serve;

public sealed class WholeBodyTests
{
    [Fact]
    public async Task A_client_that_is_gone_before_its_body_is_read_fails_the_reading_and_not_the_call()
    {
        Pipe pipe = new();
        await pipe.Writer.CompleteAsync(new ConnectionResetException("gone"));
        ValueTask<WholeBody> reading = WholeBody.ReadAsync(pipe.Reader, 5, 100);
        Assert.True(reading.IsFaulted);
        await Assert.ThrowsAsync<ConnectionResetException>(async () => await reading);
    }

    [Fact]
    public async Task What_was_read_early_is_gone_from_the_text_and_counts_all_the_same()
    {
        byte[] text = Encoding.ASCII.GetBytes(
            """{"inputs":[{"name":"x","shape":[20000],"datatype":"FP32","data":["""
            + string.Join(',', Enumerable.Repeat("0.125", 20_000)) + "]}]}");
        Pipe pipe = new(new PipeOptions(pauseWriterThreshold: 0));
        await pipe.Writer.WriteAsync(text);
        await pipe.Writer.CompleteAsync();
        WholeBody body = await WholeBody.ReadAsync(pipe.Reader, text.Length, text.Length, readsEarly: true);
        Assert.Equal(text.Length, body.TakenBytes);
        Assert.InRange(body.Bytes.Length, 1, text.Length / 10);
        Assert.Equal(20_000 * sizeof(float), body.Early.Values.Length);
        BodyBuffer values = body.TakeValues();
        Assert.Equal(values.Length, body.Early.Values.Length);
        body.Release();
        values.Release();
        Assert.Equal(0, body.TakeValues().Length);
    }

    [Fact]
    public async Task A_body_that_is_here_whole_is_read_where_it_lies()
    {
        Pipe pipe = new();
        await pipe.Writer.WriteAsync(new byte[] { 1, 2, 3 });
        ValueTask<WholeBody> reading = WholeBody.ReadAsync(pipe.Reader, 3, 100);
        Assert.True(reading.IsCompletedSuccessfully);
        WholeBody body = await reading;
        Assert.Equal([1, 2, 3], body.Bytes.ToArray());
        body.Release();
    }
}
