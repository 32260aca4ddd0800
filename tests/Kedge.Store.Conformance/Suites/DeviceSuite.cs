using Kedge.Core;
using Kedge.Store.Conformance.Drivers;
using Kedge.Store.Contracts;

namespace Kedge.Store.Conformance.Suites;

public abstract class DeviceSuite(IStoreDriver driver) : StoreSuite(driver)
{
    private static readonly DeviceId D1 = new("d1");

    [Fact]
    public async Task A_device_that_enrolled_is_read_back_whole()
    {
        DeviceRow enrolled = await EnrolAsync("d1");
        Assert.Equal(Describe.Of(enrolled), Describe.Of(await DeviceAsync("d1")));
        Assert.Equal("press", enrolled.Labels["line"]);
        Assert.Equal(enrolled.Revision, enrolled.ChangedAtRevision);
        Assert.Equal(enrolled.Revision, await RevisionAsync());
        Assert.Null(await Store.Devices.FindAsync(Other, D1, None));
    }

    [Fact]
    public async Task A_name_is_given_once_and_a_lost_answer_can_be_asked_for_again()
    {
        await EnrolAsync("d1");
        long revision = await RevisionAsync();
        Assert.IsType<EnrolOutcome.AlreadyEnrolled>(
            await Store.Devices.EnrolAsync(Home, Sample.Enrolment("d1"), None));
        Assert.IsType<EnrolOutcome.NameTaken>(
            await Store.Devices.EnrolAsync(Home, Sample.Enrolment("d1", "key-2", "second"), None));
        Assert.Equal(revision, await RevisionAsync());
        Assert.IsType<EnrolOutcome.Enrolled>(await Store.Devices.EnrolAsync(Other, Sample.Enrolment("d1"), None));
    }

    [Fact]
    public async Task A_token_is_used_up_with_the_enrolment_or_not_at_all()
    {
        await Store.Tokens.CreateAsync(Home, Sample.Token("t1"), None);
        Digest hash = Sample.Token("t1").Hash;
        await EnrolAsync("taken");
        DeviceEnrolment refused = Sample.Enrolment("taken", "key-2", "second") with { TokenHash = hash };
        Assert.IsType<EnrolOutcome.NameTaken>(await Store.Devices.EnrolAsync(Home, refused, None));
        Assert.Equal(0, (await Store.Tokens.FindByHashAsync(Home, hash, None))!.Uses);

        DeviceEnrolment first = Sample.Enrolment("d1") with { TokenHash = hash };
        Assert.IsType<EnrolOutcome.Enrolled>(await Store.Devices.EnrolAsync(Home, first, None));
        Assert.IsType<EnrolOutcome.AlreadyEnrolled>(await Store.Devices.EnrolAsync(Home, first, None));
        DeviceEnrolment second = Sample.Enrolment("d2") with { TokenHash = hash };
        EnrolOutcome outcome = await Store.Devices.EnrolAsync(Home, second, None);
        Assert.Equal(TokenVerdict.UsedUp, Assert.IsType<EnrolOutcome.TokenRefused>(outcome).Why);
        Assert.Null(await Store.Devices.FindAsync(Home, new DeviceId("d2"), None));
        Assert.Equal(1, (await Store.Tokens.FindByHashAsync(Home, hash, None))!.Uses);
    }

    [Fact]
    public async Task Replaced_hardware_starts_its_sequences_anew_and_continues_the_generations()
    {
        DeviceEnrolment old = Sample.Enrolment("d1") with { Certificate = Sample.Certificate("d1", "AA01") };
        await Store.Devices.EnrolAsync(Home, old, None);
        await Store.Reports.CommitAsync(Home, Sample.Status("d1", 7, generation: 1), None);
        await Store.Desired.CommitAsync(Home, Sample.Commit(Sample.Change("d1", 0, 1)), None);
        ConnectOutcome connected = await Store.Devices.ConnectAsync(
            Home, new DeviceConnection(D1, old.Key, "r1", 2000), None);

        DeviceEnrolment replacement = Sample.Enrolment("d1", "key-2", "second") with
        {
            Certificate = Sample.Certificate("d1", "AA02", "key-2"),
            AtMs = 3000,
        };
        DeviceRow row = Assert.IsType<EnrolOutcome.Enrolled>(
            await Store.Devices.ReplaceAsync(Home, replacement, None)).Device;
        Assert.Equal(Describe.Of(row), Describe.Of(await DeviceAsync("d1")));
        Assert.Equal(
            (0, "", 1, false), (row.LastSequence, row.StatusJson, row.Desired.Generation.Value, row.Connected));
        Assert.NotEqual(row.Key, row.Desired.DeviceKey);
        Assert.Equal(DisconnectVerdict.Superseded, await Store.Devices.DisconnectAsync(
            Home, D1, Assert.IsType<ConnectOutcome.Opened>(connected).Epoch, 4000, None));
        Assert.Equal(3000, (await Store.Certificates.FindAsync(Home, "AA01", None))!.RevokedAtMs);
        Assert.Equal(0, (await Store.Certificates.FindAsync(Home, "AA02", None))!.RevokedAtMs);
        Assert.Equal(ReportVerdict.OtherIncarnation,
            await Store.Reports.CommitAsync(Home, Sample.Status("d1", 8), None));
        Assert.IsType<EnrolOutcome.UnknownDevice>(
            await Store.Devices.ReplaceAsync(Home, Sample.Enrolment("nobody"), None));
    }

    [Fact]
    public async Task Labels_change_on_the_revision_that_they_were_read_at()
    {
        DeviceRow row = await EnrolAsync("d1");
        DeviceWrite write = new()
        {
            Device = D1,
            ExpectedRevision = row.Revision,
            Labels = Sample.Labels(("a", "é\"\\"), ("b", "")),
        };
        CasOutcome.Done done = Assert.IsType<CasOutcome.Done>(await Store.Devices.UpdateAsync(Home, write, None));
        Assert.Equal(new CasOutcome.Conflict(done.Revision), await Store.Devices.UpdateAsync(Home, write, None));
        Assert.Equal(
            new CasOutcome.Unchanged(done.Revision),
            await Store.Devices.UpdateAsync(Home, write with { ExpectedRevision = null }, None));
        Assert.Equal(write.Labels, (await DeviceAsync("d1")).Labels);
        Assert.IsType<CasOutcome.Done>(
            await Store.Devices.UpdateAsync(Home, new DeviceWrite { Device = D1, Cordoned = true }, None));
        DeviceRow cordoned = await DeviceAsync("d1");
        Assert.True(cordoned.Cordoned);
        Assert.Equal(write.Labels, cordoned.Labels);
        Assert.IsType<CasOutcome.NotFound>(
            await Store.Devices.UpdateAsync(Home, new DeviceWrite { Device = new DeviceId("nobody") }, None));
    }

    [Fact]
    public async Task A_half_open_older_connection_cannot_mark_a_device_dead()
    {
        DeviceRow row = await EnrolAsync("d1");
        DeviceConnection connection = new(D1, row.Key, "r1", 2000);
        Assert.Equal(new ConnectOutcome.Opened(1), await Store.Devices.ConnectAsync(Home, connection, None));
        Assert.Equal(
            new ConnectOutcome.Opened(2),
            await Store.Devices.ConnectAsync(Home, connection with { Replica = "r2", AtMs = 2500 }, None));
        long revision = await RevisionAsync();
        Assert.Equal(DisconnectVerdict.Superseded, await Store.Devices.DisconnectAsync(Home, D1, 1, 2600, None));
        Assert.Equal(revision, await RevisionAsync());
        Assert.Equal(0, await Store.Devices.DisconnectReplicaAsync(Home, "r1", 2700, None));
        DeviceRow online = await DeviceAsync("d1");
        Assert.Equal(
            (true, 2, "r2", 2500), (online.Connected, online.ConnectionEpoch, online.Replica, online.PresenceAtMs));
        Assert.Equal(row.Revision, online.Revision);
        Assert.Equal(DisconnectVerdict.Closed, await Store.Devices.DisconnectAsync(Home, D1, 2, 2800, None));
        Assert.Equal(DisconnectVerdict.Superseded, await Store.Devices.DisconnectAsync(Home, D1, 2, 2900, None));
        Assert.Equal(2800, (await DeviceAsync("d1")).PresenceAtMs);
        Assert.IsType<ConnectOutcome.OtherKey>(
            await Store.Devices.ConnectAsync(Home, connection with { Key = Sample.DigestOf("stolen") }, None));
    }

    [Fact]
    public async Task A_replica_that_ended_holds_no_connection()
    {
        foreach (string name in (string[])["d1", "d2", "d3"])
        {
            DeviceRow row = await EnrolAsync(name);
            string replica = name == "d3" ? "r2" : "r1";
            await Store.Devices.ConnectAsync(Home, new DeviceConnection(row.Id, row.Key, replica, 2000), None);
        }

        long revision = await RevisionAsync();
        Assert.Equal(2, await Store.Devices.DisconnectReplicaAsync(Home, "r1", 3000, None));
        Assert.Equal(revision + 1, await RevisionAsync());
        Assert.False((await DeviceAsync("d1")).Connected);
        Assert.True((await DeviceAsync("d3")).Connected);
    }

    [Fact]
    public async Task Heartbeats_move_no_revision_and_no_time_back()
    {
        DeviceRow row = await EnrolAsync("d1");
        long revision = await RevisionAsync();
        await Store.Devices.TouchAsync(
            Home, [new DeviceSeen(D1, 5000), new DeviceSeen(new("nobody"), 1), new DeviceSeen(D1, 4000)], None);
        DeviceRow seen = await DeviceAsync("d1");
        Assert.Equal((5000, row.ChangedAtRevision), (seen.LastSeenMs, seen.ChangedAtRevision));
        Assert.Equal(revision, await RevisionAsync());
    }

    [Fact]
    public async Task A_revoked_device_and_its_certificates_are_trusted_no_more()
    {
        DeviceEnrolment enrolment = Sample.Enrolment("d1") with { Certificate = Sample.Certificate("d1", "AA01") };
        await Store.Devices.EnrolAsync(Home, enrolment, None);
        Assert.IsType<CasOutcome.Done>(await Store.Devices.RevokeAsync(Home, D1, 5000, None));
        Assert.IsType<CasOutcome.Unchanged>(await Store.Devices.RevokeAsync(Home, D1, 6000, None));
        Assert.IsType<ConnectOutcome.Revoked>(
            await Store.Devices.ConnectAsync(Home, new DeviceConnection(D1, enrolment.Key, "r1", 1), None));
        Assert.Equal(ReportVerdict.Revoked, await Store.Reports.CommitAsync(Home, Sample.Status("d1", 1), None));
        Assert.IsType<DesiredOutcome.UnknownDevice>(
            await Store.Desired.CommitAsync(Home, Sample.Commit(Sample.Change("d1", 0, 1)), None));
        Assert.IsType<EnrolOutcome.NameTaken>(await Store.Devices.EnrolAsync(Home, enrolment, None));
        CertificateRow certificate = Assert.Single(await Store.Certificates.ListRevokedAsync(Home, 9999, None));
        Assert.Equal(("AA01", 5000), (certificate.Serial, certificate.RevokedAtMs));
    }

    [Fact]
    public async Task A_deleted_device_leaves_only_its_revoked_certificates()
    {
        DeviceEnrolment enrolment = Sample.Enrolment("d1") with { Certificate = Sample.Certificate("d1", "AA01") };
        await Store.Devices.EnrolAsync(Home, enrolment, None);
        await Store.Reports.CommitAsync(Home, Sample.Status("d1", 1), None);
        await Store.Desired.CommitAsync(Home, Sample.Commit(Sample.Change("d1", 0, 1)), None);
        Assert.IsType<CasOutcome.Conflict>(await Store.Devices.DeleteAsync(Home, D1, 99, 5000, None));
        Assert.IsType<CasOutcome.Done>(await Store.Devices.DeleteAsync(Home, D1, null, 5000, None));
        Assert.IsType<CasOutcome.NotFound>(await Store.Devices.DeleteAsync(Home, D1, null, 5000, None));
        Assert.Null(await Store.Devices.FindAsync(Home, D1, None));
        Assert.Null(await Store.Desired.FindAsync(Home, D1, None));
        Assert.Single(await Store.Certificates.ListRevokedAsync(Home, 0, None));
        DeviceRow again = await EnrolAsync("d1");
        Assert.Equal((0, ""), (again.Desired.Generation.Value, (await DeviceAsync("d1")).StatusJson));
    }

    [Fact]
    public async Task Devices_are_listed_by_name_in_pages_and_by_what_changed()
    {
        foreach (string name in (string[])["c", "a", "e", "b", "d"])
        {
            await EnrolAsync(name);
        }

        Page<DeviceRow> first = await Store.Devices.ListAsync(Home, new DeviceQuery { RowsMax = 2 }, None);
        Assert.Equal(["a", "b"], first.Items.Select(d => d.Id.ToString()));
        Assert.Equal("b", first.Next);
        Page<DeviceRow> last = await Store.Devices.ListAsync(
            Home, new DeviceQuery { RowsMax = 3, After = new DeviceId("b") }, None);
        Assert.Equal(["c", "d", "e"], last.Items.Select(d => d.Id.ToString()));
        Assert.Null(last.Next);
        Assert.Equal(await RevisionAsync(), last.Revision);

        await Store.Reports.CommitAsync(Home, Sample.Status("d", 1), None);
        Page<DeviceRow> changed = await Store.Devices.ListAsync(
            Home, new DeviceQuery { ChangedBeyond = last.Revision }, None);
        Assert.Equal(["d"], changed.Items.Select(d => d.Id.ToString()));
        Assert.Empty((await Store.Devices.ListAsync(Other, new DeviceQuery(), None)).Items);
    }
}
