using Kedge.Core;
using Kedge.Core.Errors;
using Kedge.Store.Conformance.Drivers;
using Kedge.Store.Conformance.Model;
using Kedge.Store.Conformance.Suites;
using Kedge.Store.Contracts;
using Kedge.Store.Relational;
using Kedge.Store.Sqlite;
using Microsoft.Data.Sqlite;

namespace Kedge.Store.Conformance.Sqlite;

/// <summary>What only a file can go through: migrations, backup, foreign and damaged content.</summary>
public sealed class SqliteFileTests : IDisposable
{
    private static readonly CancellationToken None = CancellationToken.None;
    private static readonly TenantId Home = TenantId.Default;

    private readonly TemporaryFolder _folder = new();

    private string Path => _folder.File("store.db");

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Opening_twice_migrates_once_and_keeps_everything()
    {
        await FillAsync();
        await using SqliteStore again = Open();
        Assert.Equal(2, await again.RevisionAsync(None));
        Assert.Equal(2, (await again.Devices.ListAsync(Home, new DeviceQuery(), None)).Items.Length);
    }

    [Fact]
    public async Task The_migrations_add_up_to_the_schema_file()
    {
        await using (Open())
        {
        }

        string sum = _folder.File("sum.db");
        Run(sum, SchemaFile.Read("Sqlite"));
        Assert.Equal(Schema(sum), Schema(Path));
    }

    [Fact]
    public async Task A_step_that_was_applied_before_is_not_applied_again()
    {
        foreach (Migration step in Migration.For("Sqlite").Take(2))
        {
            Run(Path, step.Sql);
        }

        Run(Path, $"pragma application_id = {SqliteMigrations.ApplicationId}; pragma user_version = 2");
        await using SqliteStore store = Open();
        Assert.Equal(CreateVerdict.Created, await store.Tokens.CreateAsync(Home, Sample.Token("t1"), None));
    }

    [Fact]
    public async Task A_file_of_a_newer_version_is_refused()
    {
        await FillAsync();
        Run(Path, "pragma user_version = 99");
        Assert.Equal(StoreErrors.SchemaNewer.Code, Assert.Throws<KedgeException>(Open).Finding.Code);
    }

    [Fact]
    public void A_file_of_another_program_is_refused_and_left_alone()
    {
        Run(Path, "create table theirs (x integer)");
        Assert.Equal(StoreErrors.NotKedge.Code, Assert.Throws<KedgeException>(Open).Finding.Code);
        string text = _folder.File("text.db");
        File.WriteAllText(text, new string('x', 8192));
        KedgeException refused = Assert.Throws<KedgeException>(() => SqliteStore.Open(text, TimeProvider.System));
        Assert.Equal(StoreErrors.NotKedge.Code, refused.Finding.Code);
        Assert.Equal(new string('x', 8192), File.ReadAllText(text));
    }

    [Fact]
    public void A_folder_that_is_not_there_is_reported()
    {
        string nowhere = _folder.File("none/store.db");
        KedgeException refused = Assert.Throws<KedgeException>(() => SqliteStore.Open(nowhere, TimeProvider.System));
        Assert.Equal(StoreErrors.Unavailable.Code, refused.Finding.Code);
    }

    [Fact]
    public async Task A_backup_while_others_write_is_one_commit_whole()
    {
        await FillAsync();
        string copy = _folder.File("copy.db");
        await using (SqliteStore store = Open())
        {
            Task writing = Task.Run(async () =>
            {
                for (int sequence = 1; sequence <= 60; sequence++)
                {
                    await store.Reports.CommitManyAsync(
                        Home, [Sample.Status("d1", sequence), Sample.Status("d2", sequence)], None);
                }
            });
            await store.BackupAsync(copy, None);
            await writing;
            KedgeException refused = await Assert.ThrowsAsync<KedgeException>(
                async () => await store.BackupAsync(copy, None));
            Assert.Equal(StoreErrors.BackupFailed.Code, refused.Finding.Code);
        }

        Assert.Equal("", SqliteStore.CheckFile(copy));
        await using SqliteStore restored = SqliteStore.Open(copy, TimeProvider.System);
        Page<DeviceRow> page = await restored.Devices.ListAsync(Home, new DeviceQuery(), None);
        Assert.Equal(page.Items[0].LastSequence, page.Items[1].LastSequence);
        Assert.Equal(2 + page.Items[0].LastSequence, page.Revision);
    }

    [Fact]
    public async Task A_backup_to_a_place_that_cannot_be_written_fails_and_leaves_the_store_working()
    {
        await using SqliteStore store = Open();
        KedgeException refused = await Assert.ThrowsAsync<KedgeException>(
            async () => await store.BackupAsync(_folder.File("none/copy.db"), None));
        Assert.Equal(StoreErrors.BackupFailed.Code, refused.Finding.Code);
        Assert.IsType<EnrolOutcome.Enrolled>(await store.Devices.EnrolAsync(Home, Sample.Enrolment("d1"), None));
    }

    [Fact]
    public async Task One_bad_row_quarantines_its_device_and_not_the_others()
    {
        await FillAsync();
        Run(Path, "update devices set labels = '{\"half' where device = 'd1'");
        await using SqliteStore store = Open();
        Page<DeviceRow> page = await store.Devices.ListAsync(Home, new DeviceQuery(), None);
        Assert.Equal("d2", Assert.Single(page.Items).Id.ToString());
        QuarantinedRow bad = Assert.Single(page.Quarantined);
        Assert.Equal(("devices", "d1"), (bad.Table, bad.Key));
        KedgeException refused = await Assert.ThrowsAsync<KedgeException>(
            async () => await store.Devices.FindAsync(Home, new DeviceId("d1"), None));
        Assert.Equal(StoreErrors.RowUnreadable.Code, refused.Finding.Code);
        Assert.Equal(ReportVerdict.Committed, await store.Reports.CommitAsync(Home, Sample.Status("d2", 1), None));
        Assert.IsType<CasOutcome.Done>(await store.Devices.DeleteAsync(Home, new DeviceId("d1"), null, 1, None));
        Assert.IsType<EnrolOutcome.Enrolled>(await store.Devices.EnrolAsync(Home, Sample.Enrolment("d1"), None));
    }

    [Fact]
    public async Task A_bad_rollout_is_quarantined_and_can_be_written_anew_by_a_plan()
    {
        RolloutWrite write;
        await using (SqliteStore store = Open())
        {
            foreach (string name in (string[])["db", "web"])
            {
                await store.Deployments.ApplyAsync(Home, Sample.Deployment(name, "one"), None);
                await store.Rollouts.SaveAsync(Home, Sample.Rollout(name, 0, "one"), None);
            }

            RolloutRow row = (await store.Rollouts.FindAsync(Home, new("web"), None))!;
            write = Sample.Rollout("web", row.Revision, "two");
        }

        Run(Path, "update rollouts set at_ms = -1 where deployment = 'web'");
        await using SqliteStore again = Open();
        Page<RolloutRow> page = await again.Rollouts.ListAsync(Home, null, 10, None);
        Assert.Equal("db", Assert.Single(page.Items).Id.ToString());
        QuarantinedRow bad = Assert.Single(page.Quarantined);
        Assert.Equal(("rollouts", "web"), (bad.Table, bad.Key));
        KedgeException refused = await Assert.ThrowsAsync<KedgeException>(
            async () => await again.Rollouts.FindAsync(Home, new DeploymentId("web"), None));
        Assert.Equal(StoreErrors.RowUnreadable.Code, refused.Finding.Code);
        Assert.IsType<DesiredOutcome.Committed>(
            await again.Desired.CommitAsync(Home, Sample.Commit() with { Rollouts = [write] }, None));
        Assert.Equal(2, (await again.Rollouts.ListAsync(Home, null, 10, None)).Items.Length);
    }

    [Fact]
    public async Task A_bad_row_at_the_end_of_a_page_does_not_stop_the_paging()
    {
        await FillAsync();
        Run(Path, "update devices set key = 'nonsense' where device = 'd1'");
        await using SqliteStore store = Open();
        Page<DeviceRow> first = await store.Devices.ListAsync(Home, new DeviceQuery { RowsMax = 1 }, None);
        Assert.Equal((0, 1, "d1"), (first.Items.Length, first.Quarantined.Length, first.Next));
        Page<DeviceRow> second = await store.Devices.ListAsync(
            Home, new DeviceQuery { RowsMax = 1, After = new DeviceId("d1") }, None);
        Assert.Equal((1, 0, null), (second.Items.Length, second.Quarantined.Length, second.Next));
    }

    [Fact]
    public async Task A_damaged_file_is_found_by_the_check()
    {
        await FillAsync();
        using (FileStream file = new(Path, FileMode.Open))
        {
            file.Seek(file.Length / 2, SeekOrigin.Begin);
            file.Write(new byte[8192]);
        }

        Assert.NotEqual("", SqliteStore.CheckFile(Path));
    }

    private SqliteStore Open() => SqliteStore.Open(Path, TimeProvider.System);

    private async Task FillAsync()
    {
        await using SqliteStore store = Open();
        await store.Devices.EnrolAsync(Home, Sample.Enrolment("d1"), None);
        await store.Devices.EnrolAsync(Home, Sample.Enrolment("d2"), None);
    }

    private static void Run(string path, string sql)
    {
        SqliteLibrary.EnsureBound();
        using SqliteLine line = new(path, SqliteOpenMode.ReadWriteCreate);
        line.Run(sql);
    }

    private static string Schema(string path)
    {
        using SqliteLine line = new(path, SqliteOpenMode.ReadOnly);
        return line.Text("select group_concat(sql, char(10)) from (select sql from sqlite_master order by name)");
    }
}
