using System.Text;
using Kedge.Core.Neighbours;
using Kedge.Wire.Neighbours;
using Kedge.Wire.Reported;

namespace Kedge.Core.Tests.Wire;

public sealed class NeighbourFormatTests
{
    private const string KeyId = "sha256:420c63624f90fd39badc5aea66d7e88cc20ddf38984f576bb598b2cb8ebb04e5";

    private const string Roster = $$"""
        {"v":1,"site":"north","devices":[{"name":"press-1","addresses":["10.0.0.1:8844"],"keyId":"{{KeyId}}"}]}
        """;

    [Fact]
    public void A_roster_is_written_and_read_as_it_always_was()
    {
        RosterMessage roster = new()
        {
            Site = "north",
            Devices = [new RosterDevice { Name = "press-1", Addresses = ["10.0.0.1:8844"], KeyId = KeyId }],
        };
        Assert.Equal(Roster, Encoding.UTF8.GetString(NeighbourFormat.Write(roster)));
        RosterDevice device = Assert.Single(Read(Roster)!.Devices);
        Assert.Equal(("press-1", "10.0.0.1:8844", KeyId), (device.Name, device.Addresses[0], device.KeyId));
    }

    [Fact]
    public void Fields_that_are_unknown_are_skipped_and_devices_that_are_none_left_out()
    {
        RosterMessage roster = Read($$"""
            {"v":1,"site":"north","more":[1],"devices":[null,{},{"name":"A B","addresses":["a:1"],"keyId":"{{KeyId}}"},
            {"name":"press-2","addresses":[],"keyId":"{{KeyId}}"},{"name":"press-3","addresses":["a:1"],"keyId":"x"},
            {"name":"press-4","addresses":["a:1",null],"keyId":"{{KeyId}}"},
            {"name":"press-5","addresses":["a:1"],"keyId":"{{KeyId}}","more":true}]}
            """)!;
        Assert.Equal("press-5", Assert.Single(roster.Devices).Name);
    }

    [Theory]
    [InlineData("")]
    [InlineData("null")]
    [InlineData("[]")]
    [InlineData("{}")]
    [InlineData("""{"v":2,"site":"north","devices":[]}""")]
    [InlineData("""{"v":1,"devices":[]}""")]
    [InlineData("""{"v":1,"site":"north"}""")]
    [InlineData("""{"v":1,"site":"north","devices":[1]}""")]
    public void What_is_no_roster_is_refused_with_a_code(string json)
    {
        Assert.Null(NeighbourFormat.TryReadRoster(Encoding.UTF8.GetBytes(json), out Core.Errors.Finding? finding));
        Assert.NotNull(finding);
    }

    [Fact]
    public void More_devices_or_bytes_than_a_roster_has_are_refused()
    {
        string one = $$"""{"name":"press-1","addresses":["a:1"],"keyId":"{{KeyId}}"}""";
        string all = string.Join(',', Enumerable.Repeat(one, NeighbourLimits.DevicesMax + 1));
        Assert.Null(Read($$"""{"v":1,"site":"north","devices":[{{all}}]}"""));
        Assert.Null(NeighbourFormat.TryReadRoster(new byte[NeighbourLimits.RosterBytesMax + 1], out _));
    }

    [Theory]
    [InlineData(OfferState.None, """{"v":1,"state":"none","chunks":0,"beat":0}""")]
    [InlineData(OfferState.Wanted, """{"v":1,"state":"wanted","chunks":0,"beat":0}""")]
    [InlineData(OfferState.Claiming, """{"v":1,"state":"claiming","chunks":0,"beat":0}""")]
    [InlineData(OfferState.Leading, """{"v":1,"state":"leading","chunks":0,"beat":0}""")]
    [InlineData(OfferState.Following, """{"v":1,"state":"following","chunks":0,"beat":0}""")]
    [InlineData(OfferState.Whole, """{"v":1,"state":"whole","chunks":0,"beat":0}""")]
    public void An_offer_is_written_and_read_as_it_always_was(OfferState state, string json)
    {
        NeighbourOffer offer = new(state, 0, 0);
        Assert.Equal(json, Encoding.UTF8.GetString(NeighbourFormat.Write(offer)));
        Assert.Equal(offer, NeighbourFormat.TryReadOffer(Encoding.UTF8.GetBytes(json), out _));
    }

    [Theory]
    [InlineData("""{"v":1,"state":"sleeping","chunks":3,"beat":1}""", true)]
    [InlineData("""{"v":1,"state":"whole","chunks":-1,"beat":1}""", false)]
    [InlineData("""{"v":1,"state":"whole","chunks":99999999999,"beat":1}""", false)]
    [InlineData("""{"v":1,"state":"whole","chunks":1,"beat":-1}""", false)]
    [InlineData("""{"v":3,"state":"whole","chunks":1,"beat":1}""", false)]
    [InlineData("""{"state":"whole"}""", false)]
    public void A_word_that_is_unknown_is_read_and_figures_out_of_range_are_not(string json, bool isRead)
    {
        NeighbourOffer? offer = NeighbourFormat.TryReadOffer(Encoding.UTF8.GetBytes(json), out _);
        Assert.Equal(isRead, offer?.State == OfferState.Unknown);
    }

    [Fact]
    public void Facts_of_an_older_agent_name_neither_neighbours_nor_images_and_can_be_written_again()
    {
        const string json =
            """{"v":1,"incarnation":"a","sequence":1,"sentAtMs":1,"facts":{"architecture":"x64"}}""";
        UpMessage message = UpMessageFormat.TryRead(Encoding.UTF8.GetBytes(json), out _)!;
        Assert.Empty(message.Facts!.Neighbours);
        Assert.Equal("", message.Facts.ImageDecoding);
    }

    private static RosterMessage? Read(string json) =>
        NeighbourFormat.TryReadRoster(Encoding.UTF8.GetBytes(json), out _);
}
