using System.IO.Pipelines;
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
