using Kedge.Core;
using Kedge.Core.Errors;
using Kedge.Store.Conformance.Drivers;
using Kedge.Store.Conformance.Model;
using Kedge.Store.Conformance.Suites;
using Kedge.Store.Contracts;
using Kedge.Store.Postgres;
using Npgsql;

namespace Kedge.Store.Conformance.Postgres;

/// <summary>What only a server can go through: replicas, migrations side by side, lost connections.</summary>
[Collection(PostgresServer.Name)]
public sealed class PostgresServerTests(PostgresServer server) : IAsyncLifetime
{
    private static readonly CancellationToken None = CancellationToken.None;
    private static readonly TenantId Home = TenantId.Default;
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(30);

    private string _database = "";

    public async Task InitializeAsync() => _database = await server.CreateDatabaseAsync();

    public async Task DisposeAsync() => await server.DropDatabaseAsync(_database);

    [Fact]
    public async Task Replicas_that_start_together_migrate_once_and_hear_of_each_other()
    {
        PostgresStore[] replicas = await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => OpenAsync()));
        Task<long>[] watchers = [.. replicas.Select(r => r.WaitBeyondAsync(0, Deadline, None).AsTask())];
        await replicas[0].Devices.EnrolAsync(Home, Sample.Enrolment("d1"), None);
        Assert.All(await Task.WhenAll(watchers), revision => Assert.Equal(1, revision));
        foreach (PostgresStore replica in replicas)
        {
            await replica.DisposeAsync();
        }
    }

    [Fact]
    public async Task Replicas_that_write_at_once_lose_nothing_and_number_every_commit()
    {
        await using PostgresStore one = await OpenAsync();
        await using PostgresStore two = await OpenAsync();
        await Task.WhenAll(Enumerable.Range(0, 40).Select(n => Task.Run(async () =>
        {
            PostgresStore replica = n % 2 == 0 ? one : two;
            await replica.Devices.EnrolAsync(Home, Sample.Enrolment($"d{n:00}"), None);
        })));
        Page<DeviceRow> page = await one.Devices.ListAsync(Home, new DeviceQuery(), None);
        Assert.Equal(Enumerable.Range(1, 40).Select(n => (long)n), page.Items.Select(d => d.Revision).Order());
    }

    [Fact]
    public async Task The_migrations_add_up_to_the_schema_file()
    {
        await using (await OpenAsync())
        {
        }

        string sum = await server.CreateDatabaseAsync();
        await server.ExecuteAsync(SchemaFile.Read("Postgres"), sum);
        await server.ExecuteAsync("drop table kedge_schema", _database);
        Assert.Equal(await SchemaAsync(sum), await SchemaAsync(_database));
        await server.DropDatabaseAsync(sum);
    }

    [Fact]
    public async Task A_database_of_a_newer_version_is_refused()
    {
        await using (await OpenAsync())
        {
        }

        await server.ExecuteAsync("insert into kedge_schema (version, name) values (99, 'later')", _database);
        Assert.Equal(StoreErrors.SchemaNewer.Code, (await Assert.ThrowsAsync<KedgeException>(OpenAsync)).Finding.Code);
    }

    [Fact]
    public async Task A_database_of_another_program_is_refused_and_left_alone()
    {
        await server.ExecuteAsync("create table theirs (x bigint)", _database);
        Assert.Equal(StoreErrors.NotKedge.Code, (await Assert.ThrowsAsync<KedgeException>(OpenAsync)).Finding.Code);
        await server.ExecuteAsync("select x from theirs", _database);
    }

    [Fact]
    public async Task A_server_that_is_not_there_is_reported()
    {
        string nowhere = server.ConnectionString(_database).Replace("Port=5432", "Port=5433", StringComparison.Ordinal);
        KedgeException refused = await Assert.ThrowsAsync<KedgeException>(
            async () => await PostgresStore.OpenAsync(nowhere, TimeProvider.System, None));
        Assert.Equal(StoreErrors.Unavailable.Code, refused.Finding.Code);
        refused = await Assert.ThrowsAsync<KedgeException>(
            async () => await PostgresStore.OpenAsync("Nonsense=1", TimeProvider.System, None));
        Assert.Equal(StoreErrors.Unavailable.Code, refused.Finding.Code);
    }

    [Fact]
    public async Task A_watcher_is_woken_after_every_connection_was_cut()
    {
        await using PostgresStore one = await OpenAsync();
        await using PostgresStore two = await OpenAsync();
        await two.Devices.EnrolAsync(Home, Sample.Enrolment("d1"), None);
        await server.ExecuteAsync(
            $"select pg_terminate_backend(pid) from pg_stat_activity where datname = '{_database}'");
        Task<long> woken = two.WaitBeyondAsync(1, Deadline, None).AsTask();
        await EnrolWhenBackAsync(one, "d2");
        Assert.Equal(2, await woken);
    }

    private async Task<PostgresStore> OpenAsync() =>
        await PostgresStore.OpenAsync(server.ConnectionString(_database), TimeProvider.System, None);

    /// <summary>A cut connection fails the call that meets it; the next call gets a new one.</summary>
    private static async Task EnrolWhenBackAsync(PostgresStore store, string name)
    {
        using CancellationTokenSource late = new(Deadline);
        while (true)
        {
            try
            {
                await store.Devices.EnrolAsync(Home, Sample.Enrolment(name), late.Token);
                return;
            }
            catch (KedgeException e) when (e.Finding.Code == StoreErrors.Unavailable.Code)
            {
                Assert.False(late.IsCancellationRequested, e.Message);
            }
        }
    }

    private async Task<string> SchemaAsync(string database)
    {
        const string Sql = """
            select string_agg(line, chr(10) order by line) from (
                select concat_ws(' ', 'column', table_name, ordinal_position, column_name, data_type, is_nullable,
                    collation_name) as line
                from information_schema.columns where table_schema = 'public'
                union all
                select concat_ws(' ', 'index', indexname, indexdef) from pg_indexes where schemaname = 'public'
                union all
                select concat_ws(' ', 'constraint', conname, pg_get_constraintdef(oid)) from pg_constraint
                where connamespace = 'public'::regnamespace) as all_of_it
            """;
        await using NpgsqlConnection connection = new(server.ConnectionString(database) + ";Pooling=false");
        await connection.OpenAsync();
        await using NpgsqlCommand command = new(Sql, connection);
        return (string)(await command.ExecuteScalarAsync())!;
    }
}
