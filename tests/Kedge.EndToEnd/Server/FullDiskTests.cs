using System.Net;
using System.Security.Cryptography;
using Kedge.Api;
using Kedge.Api.Resources;
using Kedge.ControlPlane;
using Kedge.Core;
using Kedge.Store;

namespace Kedge.EndToEnd.Server;

public sealed class FullDiskTests : IDisposable
{
    private readonly SmallDisk _disk = new(mebibytes: 16);
    private readonly CancellationTokenSource _limit = new(TimeSpan.FromMinutes(2));

    private CancellationToken Ct => _limit.Token;

    [Fact]
    public async Task A_server_whose_disk_is_full_keeps_what_it_has_says_so_and_goes_on_when_there_is_room()
    {
        List<string> taken = [];
        byte[] chunk = RandomNumberGenerator.GetBytes(64 * 1024);
        Digest digest = Digest.Of(chunk);
        await using (ControlPlaneHost host = await StartAsync())
        {
            using KedgeClient client = Client(host);
            taken.Add(await CreateTokenAsync(client));
            _disk.Fill();

            // What the database has allocated already takes a few more.
            KedgeApiException refused = await Assert.ThrowsAsync<KedgeApiException>(async () =>
            {
                while (taken.Count < 10_000)
                {
                    taken.Add(await CreateTokenAsync(client));
                }
            });
            Assert.Equal(StoreErrors.Full.Code, refused.Problem.Error.Code);
            refused = await Assert.ThrowsAsync<KedgeApiException>(
                () => client.PutChunkAsync(digest.ToString(), chunk, Ct));
            Assert.Equal(StoreErrors.Full.Code, refused.Problem.Error.Code);
            await IsWholeAsync(client, taken);
            Assert.Equal([digest.ToString()], (await client.MissingChunksAsync([digest.ToString()], Ct)).Digests);
            Assert.Empty(Directory.GetFiles(Path.Combine(_disk.Folder, "data", "chunks", "incoming")));

            _disk.Free();
            taken.Add(await CreateTokenAsync(client));
            await client.PutChunkAsync(digest.ToString(), chunk, Ct);
            await IsWholeAsync(client, taken);
        }

        await using (ControlPlaneHost again = await StartAsync())
        {
            using KedgeClient client = Client(again);
            await IsWholeAsync(client, taken);
            Assert.Empty((await client.MissingChunksAsync([digest.ToString()], Ct)).Digests);
        }
    }

    public void Dispose()
    {
        _disk.Dispose();
        _limit.Dispose();
    }

    private Task<ControlPlaneHost> StartAsync() => ControlPlaneHost.StartAsync(
        new ServerOptions
        {
            DataFolder = Path.Combine(_disk.Folder, "data"),
            OwnerFolder = Path.Combine(_disk.Beside, "owner"),
            ContextFile = Path.Combine(_disk.Beside, "contexts.json"),
            ListenAddress = IPAddress.Loopback,
            HttpsPort = 0,
            LinkPort = 0,
        },
        Ct);

    private KedgeClient Client(ControlPlaneHost host)
    {
        KedgeContext context = ContextDocument.Load(Path.Combine(_disk.Beside, "contexts.json")).Find()!;
        return new KedgeClient(context with { Server = host.Address });
    }

    private async Task<string> CreateTokenAsync(KedgeClient client) =>
        (await client.CreateEnrollmentTokenAsync(new EnrollmentTokenRequest(), Ct)).Name;

    /// <summary>Everything that was answered is there, and nothing else.</summary>
    private async Task IsWholeAsync(KedgeClient client, List<string> taken)
    {
        ResourceList<EnrollmentTokenResource> kept = await client.ListEnrollmentTokensAsync(Ct);
        if (kept.Items.Count < StoreLimits.PageRowsMax)
        {
            Assert.Equal(taken.Order(), kept.Items.Select(static t => t.Name).Order());
        }
        else
        {
            Assert.Subset(taken.ToHashSet(), kept.Items.Select(static t => t.Name).ToHashSet());
        }
    }
}
