insert into webhook_events (received_at, event_type, related_object_id) values (now(), 'calendar_event_updated', '1');
